//! Whoever uses a public function or type is told what it is. Fields and variants say more than
//! their names only where there is more to say.

use super::dependencies::PRODUCT;
use super::sources::{self, root};

/// What needs a sentence.
const ITEMS: [&str; 7] = [
    "pub fn ",
    "pub async fn ",
    "pub const fn ",
    "pub struct ",
    "pub enum ",
    "pub trait ",
    "pub type ",
];

#[test]
fn public_functions_and_types_are_documented() {
    let mut found = Vec::new();
    for package in PRODUCT {
        for source in sources::below(&root().join(package).join("src")) {
            let lines: Vec<&str> = source.text.lines().map(str::trim_start).collect();
            for (number, line) in lines.iter().enumerate() {
                let public = ITEMS.iter().any(|item| line.starts_with(item));
                if public && !is_documented(&lines[..number]) {
                    found.push(format!("{}:{}: {line}", source.name(), number + 1));
                }
            }
        }
    }
    assert!(found.is_empty(), "without a sentence: {found:#?}");
}

/// Whether a doc comment stands above, perhaps beyond attributes.
fn is_documented(above: &[&str]) -> bool {
    let mut inside_attribute = false;
    for line in above.iter().rev() {
        if line.starts_with("///") || line.starts_with("#[doc") || line.contains("$doc") {
            return true;
        }
        if line.ends_with(")]") || line.ends_with(']') && line.starts_with("#[") {
            inside_attribute = !line.starts_with("#[");
        } else if inside_attribute && line.starts_with("#[") {
            inside_attribute = false;
        } else if !inside_attribute {
            return false;
        }
    }
    false
}
