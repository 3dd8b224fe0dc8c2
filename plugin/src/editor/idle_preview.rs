//! Has the current point decoded for the waveform display while the host does not process: the synth asks for sounds only when it runs.
//! Main thread.

use engine::link::SoundSpec;

use crate::loaded_pack::LoadedPack;
use crate::session::Session;

/// A host that has processed no block for this long, in seconds, is not processing: the longest blocks in use, 8192 samples at 44.1 kHz,
/// last 0.19 s.
const REST_S: f64 = 0.3;

/// Watches the count of blocks that the audio thread has processed.
#[derive(Default)]
pub struct IdlePreview {
    pulse: u64,
    pulse_seen_s: f64,
    shown: Option<SoundSpec>,
}

impl IdlePreview {
    /// Asks for the current point if the host rests and the point is not the one asked for last.
    pub fn follow(&mut self, now_s: f64, session: &Session, loaded: &LoadedPack) {
        let pulse = session.store.pulse();
        if pulse != self.pulse {
            (self.pulse, self.pulse_seen_s, self.shown) = (pulse, now_s, None);
        }
        if now_s - self.pulse_seen_s < REST_S {
            return;
        }
        let wanted = wanted(session, loaded);
        if self.shown.is_none_or(|shown| !shown.is_near(&wanted)) {
            loaded.player.preview(wanted);
            self.shown = Some(wanted);
        }
    }
}

fn wanted(session: &Session, loaded: &LoadedPack) -> SoundSpec {
    let controls = session.params.controls(&session.store.scene());
    controls.spec(loaded.player.source(), f32::from(loaded.catalogue.middle_root))
}
