//! Modules of a crate depend on each other in one direction. The compiler does not mind a circle;
//! whoever wants to understand one of its modules has to understand them all.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::sources::{self, Source};

/// A module by its segments below the crate's root, which itself is the empty one.
type Module = Vec<String>;

/// Which modules each module names.
type Uses = BTreeMap<Module, BTreeSet<Module>>;

#[test]
fn modules_do_not_depend_on_each_other_in_a_circle() {
    let mut circles = Vec::new();
    for package in sources::packages() {
        let uses = uses(&package);
        assert!(!uses.is_empty(), "{} has no module", package.display());
        // A folder's face may use its files and they may use it, but not both ways around
        // something else: once as if only faces looked inwards, once as if only files looked up.
        let inwards = without(&uses, |from, to| from.starts_with(to));
        let upwards = without(&uses, |from, to| to.starts_with(from));
        for graph in [inwards, upwards] {
            circles.extend(circle(&graph).map(|circle| format!("{}: {circle}", package.display())));
        }
    }
    assert!(circles.is_empty(), "circles of modules: {circles:#?}");
}

#[test]
fn a_circle_is_found() {
    let module = |name: &str| vec![name.to_owned()];
    let mut uses = Uses::new();
    for (from, to) in [("a", "b"), ("b", "c"), ("c", "b"), ("d", "a")] {
        uses.entry(module(from)).or_default().insert(module(to));
    }
    assert_eq!(circle(&uses).as_deref(), Some("b -> c -> b"));
    uses.remove(&module("c"));
    assert_eq!(circle(&uses), None);
}

#[test]
fn paths_are_read_from_code() {
    let code =
        "use crate::a::{b::B, c::{self, D}};\n// crate::no::Comment\nlet x = super::e::f(1);";
    let here = ["h", "i"].map(str::to_owned);
    let found: Vec<String> = paths(code, &here)
        .iter()
        .map(|path| path.join("::"))
        .collect();
    assert_eq!(found, ["a::b::B", "a::c::self", "a::c::D", "h::e::f"]);
}

/// The graph without some of its arrows.
fn without(uses: &Uses, dropped: impl Fn(&Module, &Module) -> bool) -> Uses {
    let kept = |(from, all): (&Module, &BTreeSet<Module>)| {
        let kept = all.iter().filter(|to| !dropped(from, to)).cloned();
        (from.clone(), kept.collect())
    };
    uses.iter().map(kept).collect()
}

/// What each module of a package names of the others.
fn uses(package: &Path) -> Uses {
    let files = sources::below(&package.join("src"));
    let product = files.iter().filter(|source| !source.is_test());
    let modules: BTreeMap<Module, &Source> = product
        .filter_map(|source| Some((module_of(source, package)?, source)))
        .collect();
    let named = |(module, source): (&Module, &&Source)| {
        let code = source.code();
        let mut named: BTreeSet<Module> = paths(&code, module)
            .iter()
            .filter_map(|path| longest(&modules, path))
            .collect();
        named.extend(children_named(&code, module, &modules));
        named.remove(module);
        (module.clone(), named)
    };
    modules.iter().map(named).collect()
}

/// `src/a/b.rs` is `a::b`; the roots of crates are no modules here, they only list the others.
fn module_of(source: &Source, package: &Path) -> Option<Module> {
    let inside = source.path.strip_prefix(package.join("src")).ok()?;
    let segments: Module = inside
        .with_extension("")
        .iter()
        .map(|segment| segment.to_string_lossy().into_owned())
        .collect();
    let root = ["lib", "main"].contains(&segments.first()?.as_str()) && segments.len() == 1;
    (!root && segments.first()? != "bin").then_some(segments)
}

/// The module that a path leads into.
fn longest(modules: &BTreeMap<Module, &Source>, path: &[String]) -> Option<Module> {
    (1..=path.len())
        .rev()
        .map(|length| path[..length].to_vec())
        .find(|module| modules.contains_key(module))
}

/// A face names its files without `self::`.
fn children_named(
    code: &str,
    module: &[String],
    modules: &BTreeMap<Module, &Source>,
) -> Vec<Module> {
    let children = modules
        .keys()
        .filter(|child| child.len() == module.len() + 1 && child.starts_with(module));
    let named = |child: &&Module| {
        let call = format!("{}::", child.last().map_or("", String::as_str));
        code.match_indices(&call).any(|(at, _)| {
            !code[..at].ends_with([':', '_']) && !code[..at].ends_with(char::is_alphanumeric)
        })
    };
    children.filter(named).cloned().collect()
}

/// Every path of the code that starts at the crate, above or here, from the crate's root.
fn paths(code: &str, module: &[String]) -> Vec<Vec<String>> {
    let code: Vec<&str> = code.lines().map(sources::without_comment).collect();
    let tokens = tokens(&code.join("\n"));
    let mut found = Vec::new();
    for at in 0..tokens.len() {
        let start = match tokens[at].as_str() {
            _ if at > 0 && tokens[at - 1] == "::" => continue,
            "crate" => Vec::new(),
            "self" => module.to_vec(),
            "super" => module[..module.len().saturating_sub(1)].to_vec(),
            _ => continue,
        };
        if tokens.get(at + 1).is_some_and(|token| token == "::") {
            tree(&tokens, at + 2, start, &mut found);
        }
    }
    found
}

/// Reads what may follow `::` and returns where it ends.
fn tree(
    tokens: &[String],
    mut at: usize,
    mut path: Vec<String>,
    found: &mut Vec<Vec<String>>,
) -> usize {
    loop {
        match tokens.get(at).map(String::as_str) {
            Some("super") => {
                path.pop();
            }
            Some("{") => return branches(tokens, at + 1, &path, found),
            Some(name) if is_name(name) => path.push(name.to_owned()),
            Some(_) | None => break,
        }
        at += 1;
        if tokens.get(at).is_none_or(|token| token != "::") {
            break;
        }
        at += 1;
    }
    found.push(path);
    at
}

fn branches(
    tokens: &[String],
    mut at: usize,
    path: &[String],
    found: &mut Vec<Vec<String>>,
) -> usize {
    while let Some(token) = tokens.get(at) {
        at = match token.as_str() {
            "}" => return at + 1,
            "," => at + 1,
            _ => tree(tokens, at, path.to_vec(), found).max(at + 1),
        };
    }
    at
}

/// Names, `::` and single signs.
fn tokens(code: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    let mut previous = ' ';
    for sign in code.chars() {
        let goes_on =
            is_part_of_name(sign) && is_part_of_name(previous) || (previous, sign) == (':', ':');
        match tokens.last_mut() {
            Some(last) if goes_on && last != "::" => last.push(sign),
            _ if sign.is_whitespace() => {}
            _ => tokens.push(sign.to_string()),
        }
        previous = sign;
    }
    tokens
}

fn is_part_of_name(sign: char) -> bool {
    sign.is_alphanumeric() || sign == '_'
}

fn is_name(token: &str) -> bool {
    token.chars().all(is_part_of_name)
}

/// One circle of the graph, as a sentence.
fn circle(uses: &Uses) -> Option<String> {
    let mut finished = BTreeSet::new();
    uses.keys()
        .find_map(|module| walk(uses, module, &mut Vec::new(), &mut finished))
}

fn walk<'a>(
    uses: &'a Uses,
    module: &'a Module,
    way: &mut Vec<&'a Module>,
    finished: &mut BTreeSet<&'a Module>,
) -> Option<String> {
    if let Some(start) = way.iter().position(|passed| *passed == module) {
        let names = way[start..]
            .iter()
            .chain([&module])
            .map(|module| module.join("::"));
        return Some(names.collect::<Vec<_>>().join(" -> "));
    }
    if finished.contains(module) {
        return None;
    }
    way.push(module);
    let found = uses.get(module).and_then(|named| {
        named
            .iter()
            .find_map(|next| walk(uses, next, way, finished))
    });
    way.pop();
    finished.insert(module);
    found
}
