//! A recording that ends in the middle of something that it holds only once, and a loop to one that begins so: no piece fits there. What follows
//! its last milliseconds, or comes before its first, are these themselves in reversed time; they lead to a piece that does fit.

use super::super::chooser::{Before, Choice, Cut};
use super::super::continuation::{mirrored, taps};
use super::super::join::cross;
use super::Weaver;

/// A seam at a piece whose step is larger, against the 95th percentile of the recording's own, is mirrored.
const LARGE_STEP: f32 = 0.85;
/// Length that is mirrored, in seconds: that over which steps are looked at, and half a window. Of a fade that takes longer only the level is
/// mirrored from there on, see [`super::super::swell`].
const MIRROR_S: f64 = 0.06;
/// Part of the recording that the smoothing of the corner is made of, in seconds.
const MODEL_S: f64 = 0.15;

impl Weaver<'_> {
    /// Chooses the next piece, and where a loop would come to the recording's beginning with too large a step, one that leads to the
    /// beginning mirrored. The second number is the step that is left.
    pub(super) fn choose(&mut self, cuts: &[Cut], before: Before) -> (Choice, f32) {
        let (choice, step) = self.choose_once(cuts, before);
        let closes = self.head.is_some() && self.lead_in == 0 && cuts[choice.cut].is_last;
        match self.mirror_length() {
            Some(length) if closes && step > LARGE_STEP => {
                self.lead_in = length;
                self.choose_once(cuts, before)
            }
            _ => (choice, step),
        }
    }

    /// Begins with the recording's end mirrored where the step to a piece would be too large, if there is room for it; whether it does.
    pub(super) fn begin_mirrored(&mut self, step: f32) -> bool {
        let Some(length) = self.mirror_length().filter(|_| step > LARGE_STEP) else { return false };
        let (end, fade) = (self.material[0].len(), self.sizes.fade);
        let cut = self.cut(length, end - length - fade);
        let raised_db = 20.0 * self.swells[0].gain(length + fade / 2).log10();
        let (choice, _) = self.choose(&[cut], Before::Mirror { raised_db });
        let lead = |channel: &&[f32]| {
            let mirror = self.mirror(&channel[end - self.model_length()..], length + fade);
            let mut piece = channel[choice.start..][..fade].to_vec();
            self.swell(&mut piece, length);
            let mut samples = mirror[..length].to_vec();
            cross(&mut samples, &mirror[length..], &piece, fade, choice.correlation);
            samples
        };
        self.lead = self.material.iter().map(lead).collect();
        self.begin(choice.start, length, fade);
        true
    }

    /// What comes before the recording's beginning, with a crossfade to it: the beginning mirrored.
    pub(super) fn lead_in(&self) -> Vec<Vec<f32>> {
        let lead = |channel: &Vec<f32>| {
            let past: Vec<f32> = channel[..self.model_length()].iter().rev().copied().collect();
            let mut mirror = self.mirror(&past, self.lead_in + self.sizes.fade);
            mirror.reverse();
            mirror
        };
        self.source.channels().iter().map(lead).collect()
    }

    fn mirror(&self, past: &[f32], count: usize) -> Vec<f32> {
        let mut mirror = mirrored(past, taps(self.source.rate_hz()));
        mirror.truncate(count);
        mirror
    }

    /// Samples that are looked at: more than are mirrored, and not more than a source has.
    fn model_length(&self) -> usize {
        (MODEL_S * f64::from(self.source.rate_hz())) as usize
    }

    /// How much is mirrored, in samples; none where there is no room for it.
    fn mirror_length(&self) -> Option<usize> {
        let length = (MIRROR_S * f64::from(self.source.rate_hz())) as usize;
        (length + 3 * self.sizes.fade < self.sizes.least && 2 * self.sizes.least < self.total).then_some(length)
    }
}
