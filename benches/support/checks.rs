//! Whether a bench measures or only shows that it runs.
//!
//! `cargo bench` measures; `cargo bench -- --test` and `cargo test --benches` run everything once,
//! over the smallest parameters, and keep no figures.

/// Whether everything runs only once, by the rule that criterion follows too.
pub(crate) fn only_checks() -> bool {
    let given = |name: &str| std::env::args().any(|argument| argument == name);
    given("--test") || !given("--bench")
}
