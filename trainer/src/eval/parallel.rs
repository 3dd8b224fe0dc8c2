//! Work on many items by as many threads as [`threads`] says. Each thread has tools of its own, since a pipeline belongs to one thread.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Result, anyhow};
use engine::decode::{Model, Pipeline};
use engine::spectral::{FrameAnalysis, SpectralShape};
use indicatif::{ProgressBar, ProgressStyle};

use super::measures::Measurer;
use crate::threads;

/// What one thread works with.
pub struct Tools {
    /// Decodes and encodes.
    pub pipeline: Pipeline,
    /// Compares.
    pub measurer: Measurer,
    /// Makes frames of samples.
    pub analysis: FrameAnalysis,
}

impl Tools {
    fn new(model: &Arc<Model>) -> Result<Self> {
        let shape = heard_shape(model.shape());
        Ok(Self {
            pipeline: Pipeline::new(Arc::clone(model))?,
            measurer: Measurer::new(&shape),
            analysis: FrameAnalysis::new(&shape),
        })
    }

    /// The analysis by which sounds are compared.
    pub fn shape(&self) -> SpectralShape {
        heard_shape(self.pipeline.model().shape())
    }
}

/// The analysis by which sounds of a model are compared: mel bands, whatever the model itself works with, over as many frames.
pub fn heard_shape(shape: &SpectralShape) -> SpectralShape {
    match shape.constant_q {
        Some(_) => SpectralShape { frame_count: shape.frame_count, ..SpectralShape::DEFAULT },
        None => *shape,
    }
}

/// Does `work` on every item with a pipeline, in any order; the results keep the items' order. Shows a bar named `what`.
///
/// # Errors
/// The first error of `work`, or that a pipeline cannot be made.
pub fn parallel_map<I: Sync, T: Send>(
    what: &str,
    model: &Arc<Model>,
    items: &[I],
    work: impl Fn(&mut Tools, &I) -> Result<T> + Sync,
) -> Result<Vec<T>> {
    parallel_map_with(what, items, || Tools::new(model), work)
}

/// The same with the tools that `make` makes for each thread.
///
/// # Errors
/// The first error of `make` or `work`, or that a thread panicked.
pub fn parallel_map_with<I: Sync, T: Send, W>(
    what: &str,
    items: &[I],
    make: impl Fn() -> Result<W> + Sync,
    work: impl Fn(&mut W, &I) -> Result<T> + Sync,
) -> Result<Vec<T>> {
    parallel_map_on(threads::count(), what, items, make, work)
}

/// The same on at most `threads` threads.
///
/// # Errors
/// The first error of `make` or `work`, or that a thread panicked.
pub fn parallel_map_on<I: Sync, T: Send, W>(
    threads: usize,
    what: &str,
    items: &[I],
    make: impl Fn() -> Result<W> + Sync,
    work: impl Fn(&mut W, &I) -> Result<T> + Sync,
) -> Result<Vec<T>> {
    let threads = threads.clamp(1, items.len().max(1));
    let bar = bar(what, items.len());
    let next = AtomicUsize::new(0);
    let done = Mutex::new((0..items.len()).map(|_| None).collect::<Vec<Option<T>>>());
    let run = || -> Result<()> {
        let mut tools = make()?;
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(index) else { break };
            let result = work(&mut tools, item).inspect_err(|_| next.store(items.len(), Ordering::Relaxed))?;
            done.lock().unwrap_or_else(PoisonError::into_inner)[index] = Some(result);
            bar.inc(1);
        }
        Ok(())
    };
    let ended: Vec<Result<()>> = std::thread::scope(|scope| {
        let handles: Vec<_> = (0..threads).map(|_| scope.spawn(run)).collect();
        let joined = handles.into_iter().map(|handle| handle.join());
        joined.map(|end| end.unwrap_or_else(|_| Err(anyhow!("a thread of the evaluation panicked")))).collect()
    });
    bar.finish_and_clear();
    ended.into_iter().collect::<Result<()>>()?;
    let done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.into_iter().map(|result| result.ok_or_else(|| anyhow!("an item was not evaluated"))).collect()
}

/// A progress bar named `what`.
pub fn bar(what: &str, length: usize) -> ProgressBar {
    let bar = ProgressBar::new(length as u64);
    if let Ok(style) = ProgressStyle::with_template("{prefix:16} [{bar:32}] {pos}/{len} ({eta})") {
        bar.set_style(style.progress_chars("=> "));
    }
    bar.set_prefix(what.to_owned());
    bar
}
