//! What one file says of modules: the paths that it uses, the names that it gives to others, the items that it defines.

/// One name of a `use` item, with the path that it stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// The path's segments; a glob's end before the star.
    pub path: Vec<String>,
    /// What it is called in the file; `*` for a glob.
    pub name: String,
}

/// What is read of one file.
#[derive(Debug, Default)]
pub struct Reading {
    /// `use` items, one for each name.
    pub imports: Vec<Import>,
    /// Paths of two segments and more in code.
    pub paths: Vec<Vec<String>>,
    /// Names of functions, types, constants, traits and macros.
    pub items: Vec<String>,
}

const ITEM_WORDS: [&str; 9] = ["fn", "struct", "enum", "trait", "const", "static", "type", "union", "macro_rules"];

/// Reads the tokens of a file.
pub fn read(tokens: &[String]) -> Reading {
    let mut reading = Reading::default();
    let mut at = 0;
    while at < tokens.len() {
        let token = tokens[at].as_str();
        if token == "use" {
            at += 1 + read_use(&tokens[at + 1..], &mut reading.imports);
        } else if is_name(token) && next_is(tokens, at, "::") {
            let path = path_at(&tokens[at..]);
            at += 2 * path.len() - 1;
            reading.paths.push(path);
        } else {
            if ITEM_WORDS.contains(&token) {
                let name =
                    tokens[at + 1..].iter().find(|token| !["!", "mut", "fn", "unsafe"].contains(&token.as_str()));
                reading.items.extend(name.cloned());
            }
            at += 1;
        }
    }
    reading
}

fn next_is(tokens: &[String], at: usize, wanted: &str) -> bool {
    tokens.get(at + 1).is_some_and(|token| token == wanted)
}

fn is_name(token: &str) -> bool {
    token.chars().all(|char| char.is_alphanumeric() || char == '_')
}

/// The segments of `a::b::c` at the start of `tokens`.
fn path_at(tokens: &[String]) -> Vec<String> {
    let mut path = vec![tokens[0].clone()];
    for pair in tokens[1..].chunks_exact(2) {
        let is_segment = pair[0] == "::" && is_name(&pair[1]);
        if !is_segment {
            break;
        }
        path.push(pair[1].clone());
    }
    path
}

/// Reads one `use` item after its first word; how many tokens it has.
fn read_use(tokens: &[String], imports: &mut Vec<Import>) -> usize {
    let end = tokens.iter().position(|token| token == ";").unwrap_or(tokens.len());
    read_tree(&tokens[..end], &[], imports);
    end
}

/// One branch of a `use` tree: `a::b`, `a::{…}`, `a::*`, `a as b`.
fn read_tree(tokens: &[String], parents: &[String], imports: &mut Vec<Import>) {
    let mut path = parents.to_vec();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        match token.as_str() {
            "::" => {}
            "{" => return branches(&tokens[at + 1..tokens.len() - 1]).for_each(|part| read_tree(part, &path, imports)),
            "*" => return imports.push(Import { path, name: "*".to_owned() }),
            "as" => return imports.push(Import { path, name: tokens.get(at + 1).cloned().unwrap_or_default() }),
            // `use a::{self}` names the module itself.
            "self" if !path.is_empty() => {}
            word => path.push(word.to_owned()),
        }
        at += 1;
    }
    if let Some(name) = path.last().cloned() {
        imports.push(Import { path, name });
    }
}

/// The parts of a brace's inside between the commas that are not within further braces.
fn branches(tokens: &[String]) -> impl Iterator<Item = &[String]> {
    let mut depth = 0;
    tokens.split(move |token| {
        match token.as_str() {
            "{" => depth += 1,
            "}" => depth -= 1,
            _ => {}
        }
        depth == 0 && token == ","
    })
}

#[cfg(test)]
fn imports_of(text: &str) -> Vec<String> {
    let reading = read(&super::tokens::program_tokens(text));
    reading.imports.iter().map(|import| format!("{} = {}", import.name, import.path.join("::"))).collect()
}

#[test]
fn nested_renamed_and_glob_imports_are_read() {
    let text = "pub(crate) use crate::{a, b::{c, self, d::{e as f, *}}, g::H as I}; use super::super::x;";
    let wanted = [
        "a = crate::a",
        "c = crate::b::c",
        "b = crate::b",
        "f = crate::b::d::e",
        "* = crate::b::d",
        "I = crate::g::H",
        "x = super::super::x",
    ];
    assert_eq!(imports_of(text), wanted);
}

#[test]
fn paths_in_code_and_items_are_read() {
    let text = "pub const fn open() -> crate::a::B { super::c::d(self::e::F, g::h()) } struct G; static mut H: u8 = 0;";
    let reading = read(&super::tokens::program_tokens(text));
    let paths: Vec<String> = reading.paths.iter().map(|path| path.join("::")).collect();
    assert_eq!(paths, ["crate::a::B", "super::c::d", "self::e::F", "g::h"]);
    assert!(["open", "G", "H"].iter().all(|item| reading.items.contains(&(*item).to_owned())), "{:?}", reading.items);
}
