//! Classes of a corpus: the values of a label of its items.

use std::collections::BTreeSet;

use anyhow::{Result, ensure};
use engine::pack::nearest_class;
use engine::units::MODEL_LATENTS;

use super::{CLASS_LABEL, Corpus, Item};

/// The label that stands for the category.
pub const CATEGORY: &str = "category";

/// The class of an item by this label.
pub fn class_of<'a>(item: &'a Item, label: &str) -> Option<&'a str> {
    if label == CATEGORY { Some(&item.category) } else { item.labels.get(label).map(String::as_str) }
}

/// The label that is meant where none is given: `class` where a sound of the corpus has it, else the category.
pub fn usual_label(corpus: &Corpus) -> &'static str {
    let has_class = corpus.manifest.items.iter().any(|item| item.labels.contains_key(CLASS_LABEL));
    if has_class { CLASS_LABEL } else { CATEGORY }
}

/// The classes of a label that are named, or all of them if none is.
///
/// # Errors
/// No sound has the label or one of the names, a name comes twice, or there are more than seven classes.
pub fn chosen(corpus: &Corpus, label: &str, named: &[String]) -> Result<Vec<String>> {
    let known: BTreeSet<&str> = corpus.manifest.items.iter().filter_map(|item| class_of(item, label)).collect();
    ensure!(!known.is_empty(), "no sound of the corpus has the label {label:?}");
    let known: Vec<String> = known.into_iter().map(str::to_owned).collect();
    for class in named {
        let nearest = nearest_class(&known, class).unwrap_or_default();
        let all = known.join(", ");
        ensure!(
            known.contains(class),
            "the corpus has no sound whose {label} is {class:?}; did you mean {nearest:?}? it has {all}"
        );
    }
    let chosen = if named.is_empty() { known } else { named.to_vec() };
    let distinct: BTreeSet<&String> = chosen.iter().collect();
    ensure!(distinct.len() == chosen.len(), "--classes names a class twice");
    let (count, names) = (chosen.len(), chosen.join(", "));
    ensure!(count <= MODEL_LATENTS, "{count} classes ({names}); name at most {MODEL_LATENTS} by --classes");
    Ok(chosen)
}
