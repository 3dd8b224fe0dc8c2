//! Files that are dragged from another window, as egui takes them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use baseview::DropData;

/// A file that was dropped: its path, read on demand.
#[derive(Debug)]
struct DroppedPath(PathBuf);

impl egui::DroppedFile for DroppedPath {
    fn path(&self) -> &Path {
        &self.0
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        std::fs::read(&self.0).map_err(|error| error.to_string())
    }
}

/// What hovers over the window.
pub(crate) fn hovered(data: &DropData) -> Vec<egui::HoveredFile> {
    let hovered = |path: &PathBuf| egui::HoveredFile { path: Some(path.clone()), ..Default::default() };
    paths(data).iter().map(hovered).collect()
}

/// What was dropped.
pub(crate) fn dropped(data: &DropData) -> impl Iterator<Item = egui::DroppedFileHandle> {
    paths(data).iter().map(|path| Arc::new(DroppedPath(path.clone())) as egui::DroppedFileHandle)
}

fn paths(data: &DropData) -> &[PathBuf] {
    match data {
        DropData::Files(paths) => paths,
        _ => &[],
    }
}
