//! One sound of a corpus, resynthesised along one path, and how far the result is from the original. A row of `report.json`.

use serde::Serialize;

use super::measures::Measures;
use super::resynthesis_path::ResynthesisPath;
use crate::corpus::{Item, Split};

/// One sound, made again one path.
#[derive(Clone, Debug, Serialize)]
pub struct MeasuredSound {
    /// Its file in the corpus.
    pub file: String,
    /// Name of the sound.
    pub name: String,
    /// Its category.
    pub category: String,
    /// Instrument.
    pub instrument: String,
    /// Sounds of one group share recordings, directly or through others.
    pub group: String,
    /// Its key.
    pub key: u8,
    /// Its split.
    pub split: Split,
    /// How it was made again.
    #[serde(rename = "way")]
    pub path: &'static str,
    /// The differences.
    #[serde(flatten)]
    pub measures: Measures,
}

impl MeasuredSound {
    /// The result for an item.
    pub fn new(item: &Item, path: ResynthesisPath, measures: Measures) -> Self {
        Self {
            file: item.file.clone(),
            name: item.name.clone(),
            category: item.category.clone(),
            instrument: item.instrument.clone(),
            group: item.group.clone(),
            key: item.key,
            split: item.split,
            path: path.describe(),
            measures,
        }
    }
}
