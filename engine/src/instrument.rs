//! An instance of the instrument: the synth for the audio thread and the handle of the main thread. MAIN THREAD: it locks and allocates.

#![expect(clippy::disallowed_types, reason = "the main thread's handle is never touched by the audio thread")]

use std::sync::Arc;
use std::sync::atomic::Ordering;

use parking_lot::Mutex;

use crate::audio::Synth;
use crate::decode::Model;
use crate::decode::assets::AssetTable;
use crate::decode::latent::LatentSource;
use crate::decode::pool::PoolClient;
use crate::decode::source::Source;
use crate::link::{MAX_SOURCES, MainEnd, SoundSpec, SourceId, SourceInfo, SourceSet, link};

pub use crate::decode::pool::{Pool, SoundView};

/// Counters and last failure of an instance.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Status {
    /// Duration of the last complete decode in milliseconds; 0 before the first.
    pub decode_ms: f32,
    /// How often a sound was not available when a voice needed it.
    pub late_count: u64,
    /// Reason of the last failed decode; `None` once a later one has succeeded.
    pub failed: Option<String>,
    /// Number of voices that sound or wait for their sound.
    pub playing_voices: u32,
    /// Whether an offline render continued without a sound because its decode failed.
    pub render_failed: bool,
    /// Number of complete decodes since the instance was made.
    pub decodes: u64,
    /// Progress of the slow job under way, [0, 1]; `None` if there is none.
    pub progress: Option<f32>,
}

/// The instance already holds as many sources as it can.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an instance holds at most {MAX_SOURCES} sources; remove one first")]
pub struct TooManySources;

/// Values of the editor's meters.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Meters {
    /// Largest output magnitude since the last call.
    pub peak: f32,
    /// Position of the newest voice in its sound, [0, 1]; `None` without a voice.
    pub playhead: Option<f32>,
}

/// The main thread's handle. Dropping it stops decoding; the synth then plays the sounds that it holds.
pub struct Instance {
    pool: Arc<Pool>,
    client: Arc<PoolClient>,
    main: Mutex<Main>,
}

/// The part of the handle behind a lock.
struct Main {
    end: MainEnd,
    sources: SourceSet,
    last_id: SourceId,
}

/// Makes an instance that plays the sounds of `model` with the assets of `assets`. The synth is for the audio thread, but must not be
/// dropped there.
pub fn create(pool: &Arc<Pool>, model: Arc<Model>, assets: Arc<AssetTable>) -> (Synth, Instance) {
    create_with_source(pool, Arc::new(LatentSource::new(model)), assets)
}

/// Makes an instance that plays `source`. The synth is for the audio thread, but must not be dropped there.
pub fn create_with_source(pool: &Arc<Pool>, source: Arc<dyn Source>, assets: Arc<AssetTable>) -> (Synth, Instance) {
    let id = SourceId(0);
    let sources = SourceSet::of(SourceInfo::new(id, source.roots()).succeeding(source.succession()));
    let (audio_end, worker_end, end) = link(sources);
    let synth = Synth::new(audio_end);
    let client = PoolClient::new(worker_end, [(id, source)], assets);
    pool.attach(&client);
    (synth, Instance { pool: pool.clone(), client, main: Mutex::new(Main { end, sources, last_id: id }) })
}

impl Instance {
    /// The last complete decode of the main zone (that of the note played last), or the last preview if it is newer.
    pub fn sound(&self) -> Option<Arc<SoundView>> {
        self.client.view()
    }

    /// The last complete decode of every slot, whatever point it was for.
    pub fn sounds(&self) -> Vec<Arc<SoundView>> {
        self.client.sounds()
    }

    /// Counters and the last failure.
    pub fn status(&self) -> Status {
        let main = self.main.lock();
        let telemetry = main.end.telemetry();
        Status {
            decode_ms: self.client.decode_ms(),
            late_count: telemetry.late_count.load(Ordering::Relaxed),
            failed: self.client.failure(),
            playing_voices: telemetry.playing_voices.load(Ordering::Relaxed),
            render_failed: telemetry.render_failed.load(Ordering::Relaxed),
            decodes: self.client.decodes(),
            progress: self.client.progress(),
        }
    }

    /// Values of the meters; resets the peak.
    pub fn meters(&self) -> Meters {
        let main = self.main.lock();
        Meters { peak: main.end.telemetry().take_peak(), playhead: main.end.telemetry().playhead() }
    }

    /// Replaces all sources by one. All sounds become stale; voices play them until the new ones arrive.
    pub fn set_source(&self, source: Arc<dyn Source>) -> SourceId {
        let mut main = self.main.lock();
        let id = main.next_id();
        let sources = SourceSet::of(SourceInfo::new(id, source.roots()).succeeding(source.succession()));
        self.client.set_sources([(id, source)]);
        main.publish(sources);
        self.pool.unpark();
        id
    }

    /// Adds a source and makes it current; the sounds of the others are kept.
    ///
    /// # Errors
    /// [`TooManySources`] if the instance already holds [`MAX_SOURCES`].
    pub fn add_source(&self, source: Arc<dyn Source>) -> Result<SourceId, TooManySources> {
        let mut main = self.main.lock();
        let id = main.next_id();
        let sources = main
            .sources
            .with(SourceInfo::new(id, source.roots()).succeeding(source.succession()))
            .ok_or(TooManySources)?;
        self.client.set_sources(self.client.sources().into_iter().chain([(id, source)]));
        main.publish(sources);
        self.pool.unpark();
        Ok(id)
    }

    /// Makes another source current; returns `false` if there is no such source.
    pub fn play_source(&self, id: SourceId) -> bool {
        let mut main = self.main.lock();
        let Some(sources) = main.sources.playing(id) else { return false };
        main.publish(sources);
        true
    }

    /// Removes a source; the current one is not removed.
    pub fn remove_source(&self, id: SourceId) {
        let mut main = self.main.lock();
        let sources = main.sources.without(id);
        self.client.set_sources(self.client.sources().into_iter().filter(|(id, _)| sources.get(*id).is_some()));
        main.publish(sources);
    }

    /// The current source, from which new sounds come.
    pub fn source(&self) -> SourceId {
        self.main.lock().sources.current().id
    }

    /// Decodes a sound to be shown while the host does not process; [`Self::sound`] returns it once it is complete. A newer preview
    /// replaces an older one.
    pub fn preview(&self, spec: SoundSpec) {
        self.client.preview(spec);
        self.pool.unpark();
    }

    /// Makes the pool poll now instead of at the end of its interval.
    pub fn unpark(&self) {
        self.pool.unpark();
    }

    /// Number of messages that the synth has not received yet; `None` while a worker serves the instance.
    pub fn waiting_messages(&self) -> Option<usize> {
        self.client.waiting_messages()
    }

    /// Number of sample blocks that exist for this instance; `None` while a worker serves it.
    pub fn existing_blocks(&self) -> Option<usize> {
        self.client.existing_blocks()
    }
}

impl Main {
    fn next_id(&mut self) -> SourceId {
        self.last_id = SourceId(self.last_id.0 + 1);
        self.last_id
    }

    fn publish(&mut self, sources: SourceSet) {
        self.sources = sources;
        self.end.set_sources(sources);
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        self.pool.detach(&self.client);
    }
}
