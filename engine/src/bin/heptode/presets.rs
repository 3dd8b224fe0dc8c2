//! `heptode presets`: what presets there are.

use engine::presets::{PresetEntry, PresetLibrary, Query};
use serde_json::{Value, json};

use crate::args::PresetsArgs;
use crate::failure::Failure;
use crate::output::{path_text, result};

pub(crate) fn run(args: &PresetsArgs) -> Result<(), Failure> {
    let library = PresetLibrary::of_user();
    let listing = library.list();
    let query = Query {
        text: args.text.join(" "),
        tag: args.tag.clone(),
        category: args.category.clone(),
        favourites_only: args.favourites,
    };
    let found: Vec<&PresetEntry> = listing.entries.iter().filter(|entry| query.matches(entry)).collect();
    let faults = if args.check { library.check() } else { listing.faults };
    let folder = path_text(&library.folder);
    let json = json!({
        "command": "presets", "folder": folder, "faults": faults,
        "presets": found.iter().map(|entry| described(entry)).collect::<Vec<Value>>(),
    });
    let mut text: String = if args.check { String::new() } else { found.iter().map(|entry| line(entry)).collect() };
    text += &faults.iter().map(|fault| format!("{fault}\n")).collect::<String>();
    text += &match (args.check, faults.len()) {
        (true, 0) => format!("{} presets, all of them can be used; yours are in {folder}\n", found.len()),
        _ => format!("{} presets; yours are in {folder}\n", found.len()),
    };
    result(args.json, &text, &json)?;
    match faults.len() {
        count if args.check && count > 0 => Err(Failure::failed(format!("{count} files in {folder} cannot be used"))),
        _ => Ok(()),
    }
}

fn described(entry: &PresetEntry) -> Value {
    let label = &entry.label;
    json!({
        "name": label.name, "author": label.author, "category": label.category, "tags": label.tags, "notes": label.notes,
        "file": entry.place.file().map(path_text), "favourite": entry.is_favourite,
    })
}

/// Category, name, tags; a star for a favourite.
fn line(entry: &PresetEntry) -> String {
    let star = if entry.is_favourite { '*' } else { ' ' };
    let name = entry.label.name.replace(char::is_control, " ");
    let origin = if entry.place.file().is_some() { "" } else { " (built in)" };
    format!("{star} {:<12} {name}{origin}  {}\n", entry.label.category, entry.label.tags.join(", "))
}
