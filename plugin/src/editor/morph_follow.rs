//! Moves the morph slider to the side that the user touches, if that side is silent: the first touch of the pad glides it to the pad, the
//! first turn of a knob back to the knobs. Main thread.
//!
//! It moves by a gesture of the morph parameter. While the host moves that parameter, nothing moves by itself.

use super::gestures::ParamGestures;
use crate::params::ParamId;

/// Length of the glide in seconds: long enough to be heard and seen as a move, short enough to be there before the drag is.
const GLIDE_S: f64 = 0.15;
/// From this on, and from 1 minus this on, one side is silent: half of the last step of "100 %".
pub const SILENT: f32 = 0.005;
/// A host that has moved the slider within this time, in seconds, is taken to automate it.
const AUTOMATED_S: f64 = 1.0;
/// Smaller differences of the slider's place come from rounding.
const SAME: f32 = 1e-4;

/// A glide that goes on.
struct Glide {
    from: f32,
    to: f32,
    started_s: f64,
}

/// Watches the slider and moves it.
#[derive(Default)]
pub struct MorphFollow {
    glide: Option<Glide>,
    seen: Option<f32>,
    automated_s: Option<f64>,
}

impl MorphFollow {
    /// Whether the slider moves by itself now.
    pub fn is_gliding(&self) -> bool {
        self.glide.is_some()
    }

    /// Ends the glide where it is: the user has taken the slider.
    pub fn stop(&mut self) {
        self.glide = None;
    }

    /// Forgets what was seen: the slider stands elsewhere because of another project or a step taken back.
    pub fn forget(&mut self) {
        self.seen = None;
    }

    /// Looks at what was touched in this frame and moves the slider.
    pub fn step(&mut self, now_s: f64, touched: &[ParamId], is_on: bool, gestures: &mut ParamGestures) {
        self.watch(now_s, gestures);
        let is_automated = self.automated_s.is_some_and(|moved| now_s - moved < AUTOMATED_S);
        if let Some(to) = wanted(touched, gestures.normalized(ParamId::MORPH)).filter(|_| is_on && !is_automated)
            && !gestures.holds(ParamId::MORPH)
        {
            let from = gestures.normalized(ParamId::MORPH);
            gestures.take(ParamId::MORPH);
            self.glide = Some(Glide { from, to, started_s: now_s });
        }
        let Some(glide) = &self.glide else { return };
        let part = ((now_s - glide.started_s) / GLIDE_S).clamp(0.0, 1.0) as f32;
        gestures.drag_to(ParamId::MORPH, egui::lerp(glide.from..=glide.to, part));
        if part >= 1.0 {
            gestures.release(ParamId::MORPH);
            self.glide = None;
        }
    }

    /// Notes when the slider was moved by another hand than the window's.
    fn watch(&mut self, now_s: f64, gestures: &ParamGestures) {
        if gestures.holds(ParamId::MORPH) {
            return self.seen = None;
        }
        let now = gestures.normalized(ParamId::MORPH);
        let differs = |known: Option<f32>| known.is_some_and(|known| (known - now).abs() > SAME);
        if differs(self.seen) && gestures.last_morph().is_none_or(|last| differs(Some(last))) {
            self.automated_s = Some(now_s);
        }
        self.seen = Some(now);
    }
}

/// Where the slider should go for what was touched: to the touched side if that is silent.
fn wanted(touched: &[ParamId], morph: f32) -> Option<f32> {
    let is_pad = touched.iter().any(|id| [ParamId::PAD_X, ParamId::PAD_Y].contains(id));
    let is_knob = touched.iter().any(|id| id.index() < engine::units::MODEL_LATENTS);
    match (is_pad, is_knob) {
        (true, _) if morph <= SILENT => Some(1.0),
        (_, true) if morph >= 1.0 - SILENT => Some(0.0),
        _ => None,
    }
}
