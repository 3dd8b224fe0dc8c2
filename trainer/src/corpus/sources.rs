//! The recordings that corpora may be made of: where Debian puts them, whose they are, under which licence, and why others are
//! refused. Written down in `sources.json`, which the setup reads as well.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use super::kits;
use super::soundfont::{self, Selection};
use super::writer::CorpusWriter;

const TABLE: &str = include_str!("sources.json");

/// What a source is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    /// A sound font (.sf2).
    SoundFont,
    /// A folder of drum recordings.
    Kit,
}

/// Which corpora take a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Use {
    /// Taken for the factory corpus and for the wide one.
    Factory,
    /// Taken for the wide corpus alone.
    Wide,
    /// None; the reason is given.
    Refused,
}

/// A source and its terms.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Source {
    name: String,
    package: String,
    path: PathBuf,
    kind: Kind,
    licence: String,
    credit: String,
    #[serde(rename = "use")]
    taken_for: Use,
    /// Why it is refused.
    #[serde(default)]
    reason: String,
}

/// Which sources a corpus is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Chosen {
    /// The General MIDI sound font of the factory pack.
    Factory,
    /// All sources whose licence allows it.
    Wide,
}

/// Reads the chosen sources into the corpus, and notes there whose they are and which others were refused.
///
/// # Errors
/// A source is missing or cannot be read, or the corpus cannot be written.
pub fn read(chosen: Chosen, selection: &Selection, writer: &mut CorpusWriter, progress: &dyn Fn(&str)) -> Result<()> {
    let sources = table()?;
    let selection = Selection { across_fonts: chosen == Chosen::Wide, ..selection.clone() };
    for source in &sources {
        let Source { name, licence, credit, path, .. } = source;
        match source.taken_for {
            Use::Refused => writer.drop_sound(name, &format!("{licence}; {}", source.reason)),
            Use::Wide if chosen == Chosen::Factory => {}
            Use::Factory | Use::Wide => {
                ensure!(path.exists(), "{} is missing: install Debian's {}", path.display(), source.package);
                writer.add_source(format!("{name}: {licence}; {credit}"));
                read_one(source, path, &selection, writer, progress)?;
            }
        }
    }
    Ok(())
}

fn read_one(
    source: &Source,
    path: &Path,
    selection: &Selection,
    writer: &mut CorpusWriter,
    progress: &dyn Fn(&str),
) -> Result<()> {
    match source.kind {
        Kind::SoundFont => {
            let only_new = source.taken_for != Use::Factory;
            soundfont::render(path, &Selection { only_new, ..selection.clone() }, writer, progress)
        }
        Kind::Kit => kits::read(path, &source.name, writer, progress),
    }
}

fn table() -> Result<Vec<Source>> {
    serde_json::from_str(TABLE).context("the table of sources is damaged")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_source_says_its_terms_and_only_permissive_ones_are_taken() {
        let sources = table().expect("the table can be read");
        for source in &sources {
            let refused = source.taken_for == Use::Refused;
            assert_eq!(refused, !source.reason.is_empty(), "{}", source.name);
            assert!(!source.credit.is_empty() && !source.licence.is_empty(), "{}", source.name);
            let permissive = ["MIT", "CC0", "CC BY 3.0"].iter().any(|kind| source.licence.starts_with(kind));
            assert!(refused || permissive, "{} is under {}", source.name, source.licence);
            assert!(!source.licence.contains("SA") || refused, "{}", source.name);
        }
        assert_eq!(sources.iter().filter(|source| source.taken_for == Use::Factory).count(), 1);
    }
}
