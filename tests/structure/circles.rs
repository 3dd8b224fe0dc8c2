//! Circles of imports between files. A module and the files of its own folder may import each other.

use std::collections::{BTreeMap, BTreeSet};

use super::imports::{Crate, Module};

type Graph<'a> = BTreeMap<&'a Module, BTreeSet<&'a Module>>;

/// The circles of a crate: sets of modules that reach each other, as one line each that names the imports among them.
pub fn circles(tree: &Crate) -> BTreeSet<String> {
    let imports = tree.imports();
    // A module and its folder are one direction at a time: a circle that needs one of them is still seen.
    let upwards = without(&imports, |from, to| to.starts_with(from));
    let downwards = without(&imports, |from, to| from.starts_with(to));
    [upwards, downwards].iter().flat_map(|graph| knots(graph)).collect()
}

fn without<'a>(imports: &Graph<'a>, is_left_out: impl Fn(&Module, &Module) -> bool) -> Graph<'a> {
    let kept =
        |from: &Module, to: &BTreeSet<&'a Module>| to.iter().copied().filter(|to| !is_left_out(from, to)).collect();
    imports.iter().map(|(from, to)| (*from, kept(from, to))).collect()
}

/// Each largest set of two or more modules that reach each other.
fn knots(graph: &Graph) -> Vec<String> {
    let reach: BTreeMap<&Module, BTreeSet<&Module>> =
        graph.keys().map(|module| (*module, reached(graph, module))).collect();
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for (module, reached) in &reach {
        let knot: BTreeSet<&Module> = reached.iter().copied().filter(|other| reach[other].contains(module)).collect();
        if knot.len() > 1 && seen.insert(knot.clone()) {
            found.push(line(graph, &knot));
        }
    }
    found
}

/// All modules that `start` imports, and those that they import, and so on.
fn reached<'a>(graph: &Graph<'a>, start: &Module) -> BTreeSet<&'a Module> {
    let mut found: BTreeSet<&Module> = BTreeSet::new();
    let mut open: Vec<&Module> = graph[start].iter().copied().collect();
    while let Some(module) = open.pop() {
        if found.insert(module) {
            open.extend(&graph[module]);
        }
    }
    found
}

fn line(graph: &Graph, knot: &BTreeSet<&Module>) -> String {
    let inner =
        |module: &Module| graph[module].iter().filter(|to| knot.contains(*to)).map(|to| name(to)).collect::<Vec<_>>();
    knot.iter().map(|module| format!("{} → {}", name(module), inner(module).join(", "))).collect::<Vec<_>>().join("; ")
}

fn name(module: &Module) -> String {
    if module.is_empty() { "the root".to_owned() } else { module.join("::") }
}

#[cfg(test)]
fn found(files: &[(&str, &str)]) -> Vec<String> {
    circles(&Crate::read(files.iter().copied())).into_iter().collect()
}

#[test]
fn a_circle_of_three_files_is_found() {
    let files = [
        ("main.rs", "mod a; mod b; mod c;"),
        ("a.rs", "use crate::b::B; pub struct A;"),
        ("b.rs", "pub struct B; fn f() { super::c::call(); }"),
        ("c.rs", "use super::{a::{self, A}}; pub fn call() {}"),
    ];
    assert_eq!(found(&files), ["a → b; b → c; c → a"]);
    let open =
        [files[0], files[1], files[2], ("c.rs", "// use crate::a::A;\npub fn call() { let _ = \"crate::a::A\"; }")];
    assert_eq!(found(&open), [""; 0]);
}

#[test]
fn a_folder_and_its_module_are_no_circle_but_siblings_are() {
    let root = ("lib.rs", "pub mod a;");
    let own = [root, ("a.rs", "mod x; use x::X; pub struct A;"), ("a/x.rs", "use super::A; pub struct X;")];
    assert_eq!(found(&own), [""; 0]);
    // Through the module's re-export, too.
    let siblings = [
        root,
        ("a.rs", "mod x; mod y; pub use x::X;"),
        ("a/x.rs", "use super::y::Y; pub struct X;"),
        ("a/y.rs", "use super::X; pub struct Y;"),
    ];
    assert_eq!(found(&siblings), ["a::x → a::y; a::y → a::x"]);
}

#[test]
fn a_circle_through_a_folder_is_found_from_outside() {
    let files = [
        ("lib.rs", "mod a; mod b;"),
        ("a.rs", "mod x; pub struct A; fn f() { x::g() }"),
        ("a/x.rs", "pub fn g() { crate::b::h() }"),
        ("b.rs", "use crate::a::A; pub fn h() {}"),
    ];
    assert_eq!(found(&files), ["a → a::x; a::x → b; b → a"]);
}
