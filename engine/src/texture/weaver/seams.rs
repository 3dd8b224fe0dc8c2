//! The joins of a weaver that are no crossfades of pieces: from the recording's end, and from a loop's end to its beginning.

use super::super::chooser::{Before, Choice, Cut};
use super::super::continuation::{ringing, taps};
use super::super::join::{correlation, cross};
use super::Weaver;

/// How long a join without a crossfade rings, in seconds.
const RING_S: f64 = 0.05;
/// Part of each side that the model of such a join is made of, in seconds.
const MODEL_S: f64 = 0.1;
/// How much on each side of a seam is looked at, in seconds.
const SIDE_S: f64 = 0.2;

impl Weaver<'_> {
    /// The larger step at the seams that a choice makes: from the recording's end, and from the loop's end to its beginning.
    pub(super) fn seam_step(&self, cut: &Cut, before: Before, choice: &Choice) -> f32 {
        let rate_hz = self.source.rate_hz();
        let side = (SIDE_S * f64::from(rate_hz)) as usize;
        let mut step = 0.0_f32;
        if before == Before::End {
            let rings = self.ringing_at(choice.start);
            let after: Vec<Vec<f32>> = self
                .material
                .iter()
                .zip(rings)
                .map(|(channel, ring)| {
                    let mut after = channel[choice.start..(choice.start + side).min(channel.len())].to_vec();
                    self.swell(&mut after, 0);
                    after.iter_mut().zip(ring).for_each(|(sample, ring)| *sample += ring);
                    self.limit(&mut after);
                    after
                })
                .collect();
            let end: Vec<Vec<f32>> =
                self.material.iter().map(|channel| channel[channel.len() - side..].to_vec()).collect();
            step = step.max(self.chooser.step(&end, &after, rate_hz));
        }
        if self.wish.looped && cut.is_last {
            let end = choice.start + self.total - cut.texture;
            let mut last: Vec<Vec<f32>> = self
                .material
                .iter()
                .map(|channel| {
                    let mut last = channel[choice.start.max(end.saturating_sub(side))..end].to_vec();
                    let at = self.total - last.len();
                    self.swell(&mut last, at);
                    last
                })
                .collect();
            self.close(&mut last, end);
            last.iter_mut().for_each(|samples| self.limit(samples));
            let beginning: Vec<Vec<f32>> = match &self.head {
                Some(_) => self.source.channels().iter().map(|channel| channel[..side].to_vec()).collect(),
                None => self
                    .material
                    .iter()
                    .map(|channel| channel[self.first..(self.first + side).min(channel.len())].to_vec())
                    .collect(),
            };
            step = step.max(self.chooser.step(&last, &beginning, rate_hz));
        }
        step
    }

    /// Leads the end of the last piece, which ends before sample `end` of the material, to the beginning of the loop.
    pub(super) fn close(&self, new: &mut [Vec<f32>], end: usize) {
        if self.lead_in > 0 {
            self.fade_to(new, &self.lead_in());
        } else if self.head.is_some() {
            self.ring_out(new, end);
        } else {
            let fade = self.sizes.fade.min(new.first().map_or(0, Vec::len));
            let lead = |channel: &&[f32]| channel[self.first - fade..self.first].to_vec();
            self.fade_to(new, &self.material.iter().map(lead).collect::<Vec<_>>());
        }
    }

    /// Crosses to what comes before the beginning.
    fn fade_to(&self, new: &mut [Vec<f32>], leads: &[Vec<f32>]) {
        let length = leads.first().map_or(0, Vec::len);
        let fade = self.sizes.fade.min(length);
        let tails: Vec<Vec<f32>> = new.iter_mut().map(|samples| samples.split_off(samples.len() - length)).collect();
        let correlation = correlation(&starts(&tails, fade), &starts(leads, fade));
        for ((samples, tail), lead) in new.iter_mut().zip(&tails).zip(leads) {
            cross(samples, tail, lead, fade, correlation);
            samples.extend_from_slice(&lead[fade..]);
        }
    }

    /// What of the recording's end rings on under a first piece that begins there.
    pub(super) fn ringing_at(&self, start: usize) -> Vec<Vec<f32>> {
        let (taps, length, model) = self.ring_sizes();
        let ring = |channel: &&[f32]| {
            let past = &channel[channel.len() - model..];
            let mut after = channel[start..(start + model).min(channel.len())].to_vec();
            self.swell(&mut after, 0);
            let gain = self.swells[0].gain(0);
            let other: Vec<f32> = channel[start - taps..start].iter().map(|sample| gain * sample).collect();
            ringing(past, &other, &after, taps, length)
        };
        self.material.iter().map(ring).collect()
    }

    /// The same in reversed time: what of the recording's beginning is heard before it.
    fn ring_out(&self, new: &mut [Vec<f32>], end: usize) {
        let (taps, length, model) = self.ring_sizes();
        for ((samples, channel), source) in new.iter_mut().zip(&self.material).zip(self.source.channels()) {
            let reversed = |part: &[f32]| part.iter().rev().copied().collect::<Vec<f32>>();
            let past = reversed(&source[..model]);
            let gain = self.swells[1].gain(0);
            let mut other = reversed(&channel[end..(end + taps).min(channel.len())]);
            other.iter_mut().for_each(|sample| *sample *= gain);
            let length = length.min(samples.len());
            let mut before = channel[end.saturating_sub(model)..end].to_vec();
            let at = self.total.saturating_sub(before.len());
            self.swell(&mut before, at);
            let ring = ringing(&past, &other, &reversed(&before), taps, length);
            samples.iter_mut().rev().zip(ring).for_each(|(sample, ring)| *sample += ring);
        }
    }

    /// Taps of the model, samples that a join rings, samples that the model is made of.
    fn ring_sizes(&self) -> (usize, usize, usize) {
        let rate_hz = f64::from(self.source.rate_hz());
        let ring = (RING_S * rate_hz) as usize;
        (taps(self.source.rate_hz()), ring.min(self.total), (MODEL_S * rate_hz) as usize)
    }
}

/// The first `count` samples of each channel.
fn starts(channels: &[Vec<f32>], count: usize) -> Vec<&[f32]> {
    channels.iter().map(|channel| &channel[..count]).collect()
}
