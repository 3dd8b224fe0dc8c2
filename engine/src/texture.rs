//! Textures: recordings such as rain, wind or a crowd go on, and new ones of any length are made of them.
//!
//! A [`Weaver`] lays short pieces of the recording one after the other. Which one comes next follows a plan: a walk through the
//! recording in stretches of a second or two, which gives the slow changes of level and colour in each band their natural order. Each piece
//! is taken from a place that resembles the planned one, but is another, and that fits what sounds at the join. All channels get the same
//! pieces, so that what is between them stays as it is.
//!
//! Worker and main threads only: allocates, and takes about a hundredth of the time that it makes.

mod aligner;
mod beat;
mod chooser;
mod continuation;
mod document;
mod figures;
mod join;
mod judgement;
mod levels;
mod lines;
mod plan;
mod random;
mod recurrence;
mod reference;
mod sides;
mod source;
mod statistics;
mod steady;
mod swell;
mod takes;
mod tones;
mod weaver;

pub use document::{DOCUMENT_MAX_S, DocumentOptions, DocumentResult, document};
pub use figures::{Figures, Seam, Tap};
pub use judgement::Judgement;
pub use reference::Reference;
pub use source::{MAX_CHANNELS, MIN_SOURCE_S, Source, TextureError};
pub use statistics::{CLASSES, Statistics};
pub use takes::best_take;
pub use weaver::{Piece, Weaver, Wish};

/// A new texture of `wish.samples` samples in each channel, in which nothing of the source lasts longer than [`join::TEXTURE`] allows.
///
/// `progress` is told which part is done, 0 to 1, and cancels by answering `false`.
///
/// # Errors
/// [`TextureError`] for a length of 0, and when it is cancelled.
pub fn texture(
    source: &Source,
    wish: &Wish,
    progress: &mut dyn FnMut(f64) -> bool,
) -> Result<Vec<Vec<f32>>, TextureError> {
    Weaver::texture(source, wish)?.collect(progress)
}

/// The source itself, sample by sample, and then on without a seam, `wish.samples` samples in each channel together.
///
/// # Errors
/// [`TextureError`] when the source is as long already, and when it is cancelled.
pub fn extend(
    source: &Source,
    wish: &Wish,
    progress: &mut dyn FnMut(f64) -> bool,
) -> Result<Vec<Vec<f32>>, TextureError> {
    Weaver::extend(source, wish)?.collect(progress)
}
