//! `cargo xtask features`: whether every selection of packages that a command compiles asks the same features of each crate from
//! crates.io. Where two differ, cargo compiles that crate, and all that is built on it, once for each.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, bail};

use crate::paths::Paths;
use crate::process::{capture, cargo, say};

/// What commands compile in release, as options of cargo: the bundles, the command line, the trainer, every test, a plain build.
const SELECTIONS: [&[&str]; 5] = [
    &["--package=plugin", "--package=engine", "--features=plugin/standalone", "--edges=normal,no-proc-macro"],
    &["--package=engine", "--edges=normal,no-proc-macro"],
    &["--package=trainer", "--edges=normal,no-proc-macro"],
    &["--workspace", "--features=plugin/standalone", "--edges=normal,dev,no-proc-macro"],
    &["--edges=normal,no-proc-macro"],
];
/// The system that is checked, whichever this one is. On others, the bindings of the window system still differ by selection; the
/// inference library is not built on them.
const TARGET: &str = "x86_64-unknown-linux-gnu";
/// Built with and without the standalone program, which not every machine can link. Only the plug-in is built on it.
const BY_STANDALONE: &str = "nice-plug v";

/// Checks all selections.
///
/// # Errors
///
/// Fails if a crate has other features in one selection than in another, and names what is lacking where.
pub fn check(paths: &Paths) -> Result<()> {
    let selections = SELECTIONS.iter().map(|words| features(paths, words)).collect::<Result<Vec<_>>>()?;
    let lines = differences(&selections);
    if !lines.is_empty() {
        bail!("these crates are compiled more than once; see xtask/shared-features:\n{}", lines.join("\n"));
    }
    say("every selection of packages has the same features");
    Ok(())
}

/// Crate and version → features.
type Features = BTreeMap<String, BTreeSet<String>>;

fn features(paths: &Paths, selection: &[&str]) -> Result<Features> {
    let mut tree = cargo(&paths.root);
    tree.args(["tree", "--locked", "--prefix=none", "--format={p}\t{f}", "--target", TARGET]).args(selection);
    parse(&capture(&mut tree)?)
}

/// Reads lines such as `libc v0.2.1\tdefault,std`. A path in parentheses marks our own crates, which differ on purpose.
fn parse(tree: &str) -> Result<Features> {
    let mut found = Features::new();
    for line in tree.lines().filter(|line| !line.is_empty()) {
        let (name, features) = line.split_once('\t').with_context(|| format!("cannot read `{line}`"))?;
        if name.contains('(') || name.starts_with(BY_STANDALONE) {
            continue;
        }
        let features = features.trim_end_matches("(*)").trim().split(',').filter(|feature| !feature.is_empty());
        found.entry(name.to_owned()).or_default().extend(features.map(str::to_owned));
    }
    Ok(found)
}

/// A line for each crate that lacks, in a selection that has it, a feature that it has in another.
fn differences(selections: &[Features]) -> Vec<String> {
    let mut all = Features::new();
    for (name, features) in selections.iter().flatten() {
        all.entry(name.clone()).or_default().extend(features.iter().cloned());
    }
    let mut lines = Vec::new();
    for (name, features) in &all {
        for (selection, words) in selections.iter().zip(SELECTIONS) {
            let lacking: Vec<&str> =
                selection.get(name).into_iter().flat_map(|own| features.difference(own)).map(String::as_str).collect();
            if !lacking.is_empty() {
                lines.push(format!("  {name} lacks {} in {}", lacking.join(", "), words.join(" ")));
            }
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crate_with_other_features_is_named_and_one_that_is_absent_is_not() -> Result<()> {
        let whole = parse("engine v0.1.0 (/here)\ta\nlog v0.4.1\talloc,std\nlibc v0.2.1\tstd (*)\n")?;
        let lacking = parse("engine v0.1.0 (/here)\t\nlog v0.4.1\tstd\n\n")?;
        assert!(differences(&[whole.clone(), whole.clone()]).is_empty());
        let lines = differences(&[whole, lacking]);
        assert!(lines.len() == 1 && lines[0].starts_with("  log v0.4.1 lacks alloc in "), "{lines:?}");
        assert!(parse("no tab").is_err());
        Ok(())
    }
}
