//! The licences of all crates that the plug-in and the command line link, on every system: listed in `LICENSES.md` and
//! held to a list of those that put no condition on the user's own work.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::paths::Paths;
use crate::process::{capture, cargo, say};

/// Licences that a part of the plug-in may have. All are permissive, but for MPL-2.0, whose one condition concerns changed
/// copies of the crate's own files.
const ACCEPTED: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "ISC",
    "MIT",
    "MIT-0",
    "MPL-2.0",
    "OFL-1.1",
    "Ubuntu-font-1.0",
    "Unicode-3.0",
    "Unicode-DFS-2016",
    "Unlicense",
    "Zlib",
];

/// Crates whose manifest names a file instead of a licence, or a short form, with what the file says.
const STATED_ELSEWHERE: &[(&str, &str)] = &[];

/// What to do with the list.
#[derive(Args)]
pub struct Options {
    /// Fail if LICENSES.md is not current, instead of writing it
    #[arg(long)]
    check: bool,
}

/// Writes the list, or checks it.
pub fn licences(paths: &Paths, options: &Options) -> Result<()> {
    if options.check {
        return check(paths);
    }
    let file = paths.root.join("LICENSES.md");
    fs::write(&file, page(paths)?).with_context(|| format!("cannot write {}", file.display()))?;
    say("wrote LICENSES.md");
    Ok(())
}

/// Fails if the list in the tree is not what the crates say.
pub fn check(paths: &Paths) -> Result<()> {
    let file = paths.root.join("LICENSES.md");
    let present = fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
    // Git may have checked the file out with the system's line ends.
    if present.replace("\r\n", "\n") != page(paths)? {
        bail!("LICENSES.md is not current: run `cargo xtask licences`");
    }
    Ok(())
}

fn page(paths: &Paths) -> Result<String> {
    let crates = linked_crates(paths)?;
    let refused: Vec<_> = crates
        .iter()
        .filter(|(_, licence)| !accepted(licence))
        .map(|(name, licence)| format!("{name} ({licence})"))
        .collect();
    if !refused.is_empty() {
        bail!("these crates have a licence that the plug-in does not accept: {}", refused.join(", "));
    }
    let mut page = String::from(
        "# Licences of what ships\n\n\
         Heptode's own code is licensed under MIT or Apache-2.0, at your option (`LICENSE-MIT`, `LICENSE-APACHE`); the factory \
         sounds and their sources are described in `models/README.md`. The editor's font, Barlow, is under the SIL Open Font \
         License 1.1 (`assets/fonts/OFL.txt`).\n\n\
         The plug-in, the standalone program and the command line link the crates below (all systems together; each links a \
         part of them). Their licence texts are in their sources on crates.io. None is under GPL, LGPL or AGPL terms alone.\n\n\
         This list is written by `cargo xtask licences` and checked by `cargo xtask test`.\n\n\
         | crate | licence |\n|---|---|\n",
    );
    for (name, licence) in &crates {
        writeln!(page, "| {name} | {licence} |")?;
    }
    Ok(page)
}

/// Crate with version → licence expression.
fn linked_crates(paths: &Paths) -> Result<BTreeMap<String, String>> {
    let tree = capture(cargo(&paths.root).args([
        "tree",
        "--locked",
        "--package=plugin",
        "--package=engine",
        "--features=plugin/standalone",
        "--edges=normal",
        "--target=all",
        "--prefix=none",
        "--format={p}\t{l}",
    ]))?;
    let mut crates = BTreeMap::new();
    for line in tree.lines().filter(|line| !line.is_empty()) {
        let (package, licence) = line.split_once('\t').with_context(|| format!("cannot read `{line}`"))?;
        // A path in parentheses marks our own crates; "(proc-macro)" a crate that only runs at compile time; "(*)" a repeat.
        if package.contains("(proc-macro)") || package.contains(['/', '\\']) {
            continue;
        }
        let licence = licence.trim_end_matches("(*)").trim();
        let name = package.split(" (").next().unwrap_or(package).trim();
        let stated = STATED_ELSEWHERE.iter().find(|(known, _)| name.split(' ').next() == Some(*known));
        crates.insert(name.to_owned(), stated.map_or(licence, |(_, text)| text).to_owned());
    }
    Ok(crates)
}

/// Whether a licence expression can be met with [`ACCEPTED`] licences alone. `/` is the old way to write OR.
fn accepted(expression: &str) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut at = 0;
    let met = any_of(&words, &mut at);
    met && at == words.len()
}

/// `a OR b OR …`
fn any_of(words: &[&str], at: &mut usize) -> bool {
    let mut met = all_of(words, at);
    while words.get(*at) == Some(&"OR") {
        *at += 1;
        met |= all_of(words, at);
    }
    met
}

/// `a AND b AND …`
fn all_of(words: &[&str], at: &mut usize) -> bool {
    let mut met = term(words, at);
    while words.get(*at) == Some(&"AND") {
        *at += 1;
        met &= term(words, at);
    }
    met
}

/// A licence, with its exception if it has one, or an expression in parentheses.
fn term(words: &[&str], at: &mut usize) -> bool {
    let Some(&word) = words.get(*at) else { return false };
    *at += 1;
    if word == "(" {
        let met = any_of(words, at);
        *at += 1;
        return met;
    }
    if words.get(*at) == Some(&"WITH") {
        let exception = words.get(*at + 1).copied().unwrap_or_default();
        *at += 2;
        return ACCEPTED.contains(&format!("{word} WITH {exception}").as_str());
    }
    ACCEPTED.contains(&word)
}

#[cfg(test)]
mod tests {
    use super::accepted;

    #[test]
    fn expressions_are_met_by_accepted_licences_only() {
        for good in ["MIT", "MIT/Apache-2.0", "GPL-3.0 OR MIT", "(MIT OR Apache-2.0) AND OFL-1.1"] {
            assert!(accepted(good), "{good}");
        }
        for bad in ["", "GPL-3.0-only", "MIT AND LGPL-2.1", "(MIT OR Apache-2.0) AND GPL-3.0", "MIT Apache-2.0"] {
            assert!(!accepted(bad), "{bad}");
        }
    }
}
