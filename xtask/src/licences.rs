//! `cargo xtask licences`: `LICENSES.md`, the licences of all crates that the plug-in and the command line link, with their texts.
//!
//! `cargo-about` reads and judges them. It takes minutes to build and minutes to run, so it is used only to write the page; the check
//! compares the page's list of crates with cargo's own. A crate cannot come in or change its version without the page being written
//! again, and that fails on a licence that `xtask/licences/about.toml` does not accept.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};
use clap::Args;
use serde::Deserialize;

use crate::paths::{Paths, cache};
use crate::process::{capture, cargo, run, say};

const VERSION: &str = "0.9.3";
const CONFIGURATION: &str = "xtask/licences/about.toml";
/// What ships, as manifest and features.
const SHIPPED: [(&str, &str); 2] = [("plugin/Cargo.toml", "standalone"), ("engine/Cargo.toml", "default")];
/// The systems in `about.toml`.
const TARGETS: [&str; 4] =
    ["x86_64-unknown-linux-gnu", "aarch64-apple-darwin", "x86_64-apple-darwin", "x86_64-pc-windows-msvc"];
/// Its text is the same in every crate but for the form to fill in at its end: one is enough.
const SAME_EVERYWHERE: &str = "Apache-2.0";
const INTRODUCTION: &str = "\
# Licences of what ships

Heptode's own code is licensed under MIT or Apache-2.0, at your option (`LICENSE-MIT`, `LICENSE-APACHE`). Each model pack's card in \
`models/` names its sources and their licences. The editor's font, Barlow, is under the SIL Open Font License 1.1 \
(`assets/fonts/OFL.txt`). The window's egui-baseview is a changed copy in `vendor/egui-baseview`, by Billy Messenger, under MIT or \
Apache-2.0.

The plug-in, the standalone program and the command line are built from the crates below (all systems together). Where a crate offers \
several licences, the text of the one that is used follows the list.

Written by `cargo xtask licences`; `cargo xtask test` checks that the list is current.

| crate | licence |
|---|---|
";

/// What to do with the page.
#[derive(Args)]
pub struct Options {
    /// Fail if LICENSES.md is not current, instead of writing it
    #[arg(long)]
    check: bool,
}

/// The part of `cargo-about`'s answer that is used.
#[derive(Deserialize)]
struct Answer {
    crates: Vec<Crate>,
    licenses: Vec<Text>,
}

#[derive(Deserialize)]
struct Crate {
    package: Package,
    license: String,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
    /// None for our own.
    source: Option<String>,
}

#[derive(Deserialize)]
struct Text {
    id: String,
    name: String,
    text: String,
    used_by: Vec<User>,
}

#[derive(Deserialize)]
struct User {
    #[serde(rename = "crate")]
    package: Package,
}

impl Package {
    fn label(&self) -> String {
        format!("{} v{}", self.name, self.version)
    }
}

/// Writes the page, or checks it.
///
/// # Errors
///
/// Fails if a licence is not accepted or cannot be found, or if the page is not current.
pub fn licences(paths: &Paths, options: &Options) -> Result<()> {
    if options.check {
        return check(paths);
    }
    let program = ensure()?;
    let answers = SHIPPED.iter().map(|shipped| ask(paths, &program, shipped)).collect::<Result<Vec<_>>>()?;
    let file = paths.root.join("LICENSES.md");
    fs::write(&file, page(&answers)?).with_context(|| format!("cannot write {}", file.display()))?;
    say("wrote LICENSES.md");
    Ok(())
}

/// Fails unless the page lists every crate that ships, and none in a version that is no longer used. `cargo-about` may list one more
/// than cargo compiles: it does not leave out what only a feature that is off would need.
///
/// # Errors
///
/// Names the crates that are missing or outdated.
pub fn check(paths: &Paths) -> Result<()> {
    let read = |name: &str| {
        let file = paths.root.join(name);
        fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))
    };
    let (listed, locked) = (listed(&read("LICENSES.md")?), locked(&read("Cargo.lock")?));
    let shipped = shipped(paths)?;
    let wrong: Vec<_> = shipped.difference(&listed).chain(listed.difference(&locked)).map(String::as_str).collect();
    if !wrong.is_empty() {
        bail!("LICENSES.md is not current, run `cargo xtask licences`: it differs in {}", wrong.join(", "));
    }
    Ok(())
}

/// Gives the program, built into the cache when it is not there.
fn ensure() -> Result<PathBuf> {
    let folder = cache()?.join(format!("cargo-about-{VERSION}"));
    let program = folder.join("bin").join(format!("cargo-about{}", std::env::consts::EXE_SUFFIX));
    if !program.exists() {
        say(&format!("building cargo-about {VERSION} in {} (minutes, once)", folder.display()));
        let mut install = Command::new("cargo");
        install.args(["install", "cargo-about", "--locked", "--features", "cli", "--version", VERSION, "--root"]);
        run(install.arg(&folder))?;
    }
    Ok(program)
}

fn ask(paths: &Paths, program: &PathBuf, (manifest, features): &(&str, &str)) -> Result<Answer> {
    say(&format!("reading the licences of {manifest} (minutes)"));
    let mut about = Command::new(program);
    about.current_dir(&paths.root).args(["generate", "--locked", "--offline", "--fail", "--format", "json"]);
    about.args(["--config", CONFIGURATION, "--manifest-path", manifest, "--features", features]);
    serde_json::from_str(&capture(&mut about)?).context("cargo-about's answer has another form than expected")
}

fn page(answers: &[Answer]) -> Result<String> {
    let mut page = INTRODUCTION.to_owned();
    let foreign = answers.iter().flat_map(|answer| &answer.crates).filter(|found| found.package.source.is_some());
    let rows: BTreeMap<String, &str> = foreign.map(|found| (found.package.label(), found.license.as_str())).collect();
    for (label, licence) in &rows {
        writeln!(page, "| {label} | {licence} |")?;
    }
    for ((id, text), (name, users)) in texts(answers) {
        writeln!(page, "\n## {name}\n")?;
        if id == SAME_EVERYWHERE {
            writeln!(page, "For all crates above that name {id}.\n")?;
        } else {
            writeln!(page, "For {}.\n", users.into_iter().collect::<Vec<_>>().join(", "))?;
        }
        writeln!(page, "````text\n{}\n````", text.trim_matches('\n').trim_end())?;
    }
    Ok(page)
}

/// Identifier and text → name and users. The same text is there once.
fn texts(answers: &[Answer]) -> BTreeMap<(&str, &str), (&str, BTreeSet<String>)> {
    let mut texts: BTreeMap<(&str, &str), (&str, BTreeSet<String>)> = BTreeMap::new();
    let mut first = None;
    for Text { id, name, text, used_by } in answers.iter().flat_map(|answer| &answer.licenses) {
        let text = if id == SAME_EVERYWHERE { *first.get_or_insert(text.as_str()) } else { text };
        let users = used_by.iter().filter(|user| user.package.source.is_some()).map(|user| user.package.label());
        let entry = texts.entry((id, text)).or_insert_with(|| (name, BTreeSet::new()));
        entry.1.extend(users);
    }
    texts.retain(|_, (_, users)| !users.is_empty());
    texts
}

/// The crates in the page's table.
fn listed(page: &str) -> BTreeSet<String> {
    let rows = page.lines().filter_map(|line| line.strip_prefix("| ")?.split_once(" | "));
    rows.map(|(label, _)| label.to_owned()).filter(|label| label != "crate").collect()
}

/// All packages of `Cargo.lock`, where a line with the version follows the one with the name.
fn locked(lock: &str) -> BTreeSet<String> {
    let value = |line: &str, key: &str| Some(line.strip_prefix(key)?.trim_matches('"').to_owned());
    let lines: Vec<&str> = lock.lines().collect();
    let packages = lines
        .windows(2)
        .filter_map(|pair| Some(format!("{} v{}", value(pair[0], "name = ")?, value(pair[1], "version = ")?)));
    packages.collect()
}

/// The crates from crates.io in what ships, as cargo says.
fn shipped(paths: &Paths) -> Result<BTreeSet<String>> {
    let mut labels = BTreeSet::new();
    for (manifest, features) in SHIPPED {
        let mut tree = cargo(&paths.root);
        tree.args(["tree", "--locked", "--edges=normal", "--prefix=none", "--format={p}"]);
        tree.args(["--manifest-path", manifest, "--features", features]);
        tree.args(TARGETS.iter().flat_map(|target| ["--target", target]));
        let text = capture(&mut tree)?;
        // A path in parentheses marks our own crates; other parentheses, as "(proc-macro)" and "(*)", are notes.
        let lines = text.lines().filter(|line| !line.is_empty() && !line.contains(['/', '\\']));
        labels.extend(lines.map(|line| line.split(" (").next().unwrap_or(line).trim().to_owned()));
    }
    Ok(labels)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(id: &str, text: &str, name: &str) -> Answer {
        let package =
            || Package { name: name.to_owned(), version: "1.0.0".to_owned(), source: Some("here".to_owned()) };
        let (id, text) = (id.to_owned(), text.to_owned());
        Answer {
            crates: vec![Crate { package: package(), license: id.clone() }],
            licenses: vec![Text { name: id.clone(), id, text, used_by: vec![User { package: package() }] }],
        }
    }

    #[test]
    fn the_page_lists_every_crate_and_its_check_finds_them() -> Result<()> {
        let answers = [
            answer("MIT", "by a", "a"),
            answer("MIT", "by b", "b"),
            answer("MIT", "by a", "c"),
            answer("Apache-2.0", "text 1", "d"),
            answer("Apache-2.0", "text 2", "e"),
        ];
        let page = page(&answers)?;
        let expected = ["a", "b", "c", "d", "e"].map(|name| format!("{name} v1.0.0"));
        assert_eq!(listed(&page), BTreeSet::from(expected));
        assert_eq!(page.matches("by a").count(), 1, "a text that two crates share is there once");
        assert!(page.contains("For a v1.0.0, c v1.0.0.") && page.contains("by b"));
        assert_eq!((page.matches("text 1").count(), page.matches("text 2").count()), (1, 0));
        Ok(())
    }

    #[test]
    fn packages_of_a_lock_file_have_names_and_versions() {
        let lock = "[[package]]\nname = \"a\"\nversion = \"1.0.0\"\nsource = \"x\"\n\n[[package]]\nname = \"b\"\nversion = \"2.0.0\"\n";
        assert_eq!(locked(lock), BTreeSet::from(["a v1.0.0".to_owned(), "b v2.0.0".to_owned()]));
    }
}
