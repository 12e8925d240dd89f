//! Makes cargo look into `migrations/`: the macro that embeds them sees changed files, not new ones.

fn main() {
    println!("cargo:rerun-if-changed=../migrations");
}
