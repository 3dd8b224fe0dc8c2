//! Decodes the current point for the eye while the host does not process: the synth asks for sounds only when it runs.
//! Main thread.

use engine::link::SoundSpec;

use crate::session::{Rig, Session};

/// A host whose pulse rests this long is not processing; its blocks are far shorter.
const REST_S: f64 = 0.3;

/// Watches the audio thread's pulse.
#[derive(Default)]
pub struct Audition {
    pulse: u64,
    pulse_seen_s: f64,
    shown: Option<SoundSpec>,
}

impl Audition {
    /// Asks for the current point if the host rests and the point is not the one asked for last.
    pub fn follow(&mut self, now_s: f64, session: &Session, rig: &Rig) {
        let pulse = session.desk.pulse();
        if pulse != self.pulse {
            (self.pulse, self.pulse_seen_s, self.shown) = (pulse, now_s, None);
        }
        if now_s - self.pulse_seen_s < REST_S {
            return;
        }
        let wanted = wanted(session, rig);
        if self.shown.is_none_or(|shown| !shown.is_near(&wanted)) {
            rig.readout.preview(wanted);
            self.shown = Some(wanted);
        }
    }
}

fn wanted(session: &Session, rig: &Rig) -> SoundSpec {
    let controls = session.params.controls(&session.desk.scene());
    controls.spec(rig.readout.source(), f32::from(rig.catalogue.middle_root))
}
