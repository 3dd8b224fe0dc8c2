//! An instance of the instrument: the synth for the audio thread and a handle for the main thread. MAIN THREAD.

#![expect(clippy::disallowed_types, reason = "the main thread's handle is never touched by the audio thread")]

use std::sync::Arc;
use std::sync::atomic::Ordering;

use parking_lot::Mutex;

use crate::audio::{ResidualSet, Synth};
use crate::decode::Model;
use crate::decode::latent::LatentSource;
use crate::decode::pool::Served;
use crate::decode::residuals::Residuals;
use crate::decode::source::Source;
use crate::link::{MainEnd, RESIDUALS, SoundSpec, Zones, link};
use crate::residual::ZoneResidual;
use crate::units::Latent;

pub use crate::decode::pool::{Pool, SoundView};

/// How an instance fares.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Status {
    /// How long the last complete decode took, in milliseconds; 0 before the first.
    pub decode_ms: f32,
    /// How often a sound was not there when it was wanted.
    pub late_count: u64,
    /// Why the last decode gave no sound.
    pub failed: Option<String>,
    /// Voices that sound or wait for their sound.
    pub playing_voices: u32,
    /// Whether an offline render went on without a sound because the worker had failed.
    pub render_failed: bool,
    /// Complete decodes since the instance was made.
    pub decodes: u64,
}

/// What the editor's meters show.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Meters {
    /// Largest output magnitude since the last call.
    pub peak: f32,
    /// Position of the newest voice in its sound, [0, 1].
    pub playhead: Option<f32>,
}

/// The main thread's handle. Dropping it ends decoding; the synth then plays what it has.
pub struct Instance {
    pool: Arc<Pool>,
    served: Arc<Served>,
    main: Mutex<(MainEnd, u64)>,
}

/// Makes an instance that plays the sounds of `model`. The synth moves to the audio thread, and must be dropped elsewhere.
pub fn create(pool: &Arc<Pool>, model: Arc<Model>) -> (Synth, Instance) {
    create_with_source(pool, Box::new(LatentSource::new(model)))
}

/// Makes an instance that plays `source`. The synth moves to the audio thread, and must be dropped elsewhere.
pub fn create_with_source(pool: &Arc<Pool>, source: Box<dyn Source>) -> (Synth, Instance) {
    let epoch = 0;
    let zones = Zones::new(source.roots(), epoch);
    let (audio_end, worker_end, main_end) = link(zones);
    let synth = Synth::new(audio_end);
    let served = Served::new(worker_end, source);
    pool.attach(&served);
    (synth, Instance { pool: pool.clone(), served, main: Mutex::new((main_end, epoch)) })
}

/// Puts the residuals of the sounds on the pad's four corners and on the knobs, in this order, into the workers' `table`; answers what the
/// audio thread is told of them. `knobs_point` is where the knobs' sound lies.
pub fn set_residuals(table: &Residuals, mixed: [&[ZoneResidual]; RESIDUALS], knobs_point: Latent) -> ResidualSet {
    ResidualSet { epoch: table.set(mixed), present: mixed.map(|zones| !zones.is_empty()), knobs_point }
}

impl Instance {
    /// The last complete decode of the main zone (that of the note played last), or the last preview if it is newer.
    pub fn sound(&self) -> Option<Arc<SoundView>> {
        self.served.view()
    }

    /// The last complete decode of every zone in use, whatever point it was for.
    pub fn sounds(&self) -> Vec<Arc<SoundView>> {
        self.served.sounds()
    }

    /// Counters and the last failure.
    pub fn status(&self) -> Status {
        let main = self.main.lock();
        let telemetry = main.0.telemetry();
        Status {
            decode_ms: self.served.decode_ms(),
            late_count: telemetry.late_count.load(Ordering::Relaxed),
            failed: self.served.failure(),
            playing_voices: telemetry.playing_voices.load(Ordering::Relaxed),
            render_failed: telemetry.render_failed.load(Ordering::Relaxed),
            decodes: self.served.decodes(),
        }
    }

    /// Meters; takes the peak.
    pub fn meters(&self) -> Meters {
        let main = self.main.lock();
        Meters { peak: main.0.telemetry().take_peak(), playhead: main.0.telemetry().playhead() }
    }

    /// Replaces the source. Every sound becomes stale; what plays goes on until its successor is there.
    pub fn set_source(&self, source: Box<dyn Source>) {
        let mut main = self.main.lock();
        main.1 += 1;
        let zones = Zones::new(source.roots(), main.1);
        self.served.set_source(source);
        main.0.set_zones(zones);
        self.pool.unpark();
    }

    /// Decodes a sound to show while the host does not process: [`Self::sound`] gives it when it is done. The newest wins.
    pub fn preview(&self, spec: SoundSpec) {
        self.served.preview(spec);
        self.pool.unpark();
    }

    /// Makes the pool look for work now instead of at its next poll.
    pub fn unpark(&self) {
        self.pool.unpark();
    }

    /// Messages that wait for the synth; `None` while a worker is busy with it.
    pub fn waiting_messages(&self) -> Option<usize> {
        self.served.waiting_messages()
    }

    /// Blocks of samples that exist for this instance; `None` while a worker is busy with it.
    pub fn existing_blocks(&self) -> Option<usize> {
        self.served.existing_blocks()
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        self.pool.detach(&self.served);
    }
}
