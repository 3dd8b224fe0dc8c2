//! Levels of a recording in mel bands, every 10 ms and as means over 50 ms: what places of it are compared by.

use crate::spectral::{MelBank, Stft};

/// Frames in a second.
pub(super) const FRAMES_PER_S: usize = 100;
/// Frames of a segment: 50 ms.
pub(super) const SEGMENT: usize = 5;
/// Bands of each side.
const BANDS: usize = 24;
/// Lower edge of the lowest band in Hz.
const LOW_HZ: f64 = 50.0;
/// Upper edge of the highest band in Hz, where the sample rate allows it.
const HIGH_HZ: f64 = 16_000.0;
/// Levels so far below the loudest one count as silence.
const RANGE_DB: f32 = 80.0;
/// The same where a step of level is looked at: what is below is not heard beside what it adjoins.
const SEAM_RANGE_DB: f32 = 60.0;

/// Band levels in dB. Odd and even channels are two sides with bands of their own, so that a change from left to right is a difference. The
/// sum of the first two channels is a third side: how they correlate shows there.
pub(super) struct Levels {
    /// Samples between two frames. Frame `f` is centred on the samples from `f · hop` to `(f + 1) · hop`.
    pub hop: usize,
    /// Frames whose windows lie within the recording, from the first one on.
    pub frames: usize,
    dims: usize,
    /// `[frame][side and band]`.
    frame_db: Vec<f32>,
    /// Mean over the frames from each one on, for all that have `SEGMENT` frames.
    segment_db: Vec<f32>,
    /// Root of the power of all bands and channels in each frame.
    amplitudes: Vec<f32>,
    top_db: f32,
}

impl Levels {
    /// Of channels of equal length. `top_db` is the loudest level, where that of another recording counts.
    pub fn new(channels: &[&[f32]], rate_hz: u32, top_db: Option<f32>) -> Self {
        let rate = rate_hz as usize;
        let hop = (rate / FRAMES_PER_S).max(1);
        let fft = (rate / 50).next_power_of_two().max(64);
        let mut stft = Stft::with_sizes(fft, hop, (fft - hop) / 2);
        let high_hz = HIGH_HZ.min(0.45 * f64::from(rate_hz));
        let bank = MelBank::new(f64::from(rate_hz), fft, BANDS, LOW_HZ, high_hz);
        let sides = if channels.len() > 1 { 3 } else { 1 };
        let dims = sides * BANDS;
        let length = channels.first().map_or(0, |channel| channel.len());
        let frames = (length.saturating_sub(fft - hop) / hop).max(SEGMENT);
        let mut frame_db = vec![0.0_f32; frames * dims];
        for (index, channel) in channels.iter().enumerate() {
            let side = index % 2 * BANDS;
            add_power(&mut stft, &bank, channel, &mut frame_db, (dims, side));
        }
        let amplitude = |frame: &[f32]| frame[..dims.min(2 * BANDS)].iter().sum::<f32>().sqrt();
        let amplitudes = frame_db.chunks_exact(dims).map(amplitude).collect();
        if let [left, right, ..] = channels {
            let sum: Vec<f32> = left.iter().zip(*right).map(|(left, right)| left + right).collect();
            add_power(&mut stft, &bank, &sum, &mut frame_db, (dims, 2 * BANDS));
        }
        let full = (fft as f32 / 4.0).powi(2);
        let mut loudest = f32::MIN;
        for level in &mut frame_db {
            *level = 10.0 * (*level / full).max(1e-30).log10();
            loudest = loudest.max(*level);
        }
        let top_db = top_db.unwrap_or(loudest);
        frame_db.iter_mut().for_each(|level| *level = level.max(top_db - RANGE_DB));
        let segment_db = means(&frame_db, frames, dims);
        Self { hop, frames, dims, frame_db, segment_db, amplitudes, top_db }
    }

    /// The loudest level in dB.
    pub fn top_db(&self) -> f32 {
        self.top_db
    }

    /// Frames at which a whole segment begins.
    pub fn segments(&self) -> usize {
        self.frames + 1 - SEGMENT
    }

    /// The segment from a frame on; the last one beyond the end.
    pub fn segment(&self, frame: usize) -> &[f32] {
        let frame = frame.min(self.segments() - 1);
        &self.segment_db[frame * self.dims..][..self.dims]
    }

    fn frame(&self, frame: usize) -> &[f32] {
        let frame = frame.min(self.frames - 1);
        &self.frame_db[frame * self.dims..][..self.dims]
    }

    /// What the levels of all bands rise by from the frame before, in dB.
    pub fn rise(&self, frame: usize) -> f64 {
        let floor_db = self.top_db - SEAM_RANGE_DB;
        let pairs = self.frame(frame - 1).iter().zip(self.frame(frame));
        pairs.map(|(before, after)| f64::from((after.max(floor_db) - before.max(floor_db)).max(0.0))).sum()
    }

    /// Roots of the power of the frames of a range, as far as there are any.
    pub fn amplitudes(&self, frames: std::ops::Range<usize>) -> &[f32] {
        let end = frames.end.min(self.frames);
        &self.amplitudes[frames.start.min(end)..end]
    }

    /// Step of level from the 50 ms and the 10 ms before frame `end` of this recording to those from frame `start` of another on, in dB.
    pub fn jump(&self, end: usize, other: &Self, start: usize) -> [f32; 2] {
        self.jump_raised(end, other, start, [[0.0; 2]; 2])
    }

    /// The same where one side, or both, are first raised by so much over 50 ms and over 10 ms, in dB.
    pub fn jump_raised(&self, end: usize, other: &Self, start: usize, raised_db: [[f32; 2]; 2]) -> [f32; 2] {
        let floor_db = self.top_db - SEAM_RANGE_DB;
        let between = |scale: usize, before: &[f32], after: &[f32]| {
            let [up_before, up_after] = raised_db.map(|raised| raised[scale]);
            let levels = before.iter().map(|level| (level + up_before).max(floor_db));
            let steps = levels.zip(after).map(|(level, after)| (level - (after + up_after).max(floor_db)).abs());
            steps.sum::<f32>() / before.len().max(1) as f32
        };
        [
            between(0, self.segment(end.saturating_sub(SEGMENT)), other.segment(start)),
            between(1, self.frame(end.saturating_sub(1)), other.frame(start)),
        ]
    }

    /// The 95th percentile of [`Self::jump`] within the recording.
    pub fn usual_jump(&self) -> [f32; 2] {
        let step = (self.frames / 2000).max(1);
        let jumps: Vec<[f32; 2]> = (SEGMENT..self.segments().max(SEGMENT + 1))
            .step_by(step)
            .map(|frame| self.jump(frame, self, frame))
            .collect();
        [0, 1].map(|scale| {
            let mut sizes: Vec<f32> = jumps.iter().map(|jump| jump[scale]).collect();
            sizes.sort_by(f32::total_cmp);
            sizes[(sizes.len() * 95 / 100).min(sizes.len() - 1)].max(0.1)
        })
    }
}

/// The step between two sounds that follow each other, both scales against `usual`, the larger of both. The last 0.2 s before and the first
/// 0.2 s after are looked at; `top_db` is the loudest level of the recording.
pub(super) fn step(before: &[Vec<f32>], after: &[Vec<f32>], rate_hz: u32, top_db: f32, usual: [f32; 2]) -> f32 {
    let hop = (rate_hz as usize / FRAMES_PER_S).max(1);
    let edge = hop * FRAMES_PER_S / 5;
    // The join lies between two frames.
    let lead = before.first().map_or(0, Vec::len).min(edge) / hop * hop;
    let joined: Vec<Vec<f32>> = before
        .iter()
        .zip(after)
        .map(|(before, after)| [&before[before.len() - lead..], &after[..after.len().min(edge)]].concat())
        .collect();
    let joined: Vec<&[f32]> = joined.iter().map(|channel| &channel[..]).collect();
    let levels = Levels::new(&joined, rate_hz, Some(top_db));
    let jump = levels.jump(lead / hop, &levels, lead / hop);
    (jump[0] / usual[0]).max(jump[1] / usual[1])
}

/// Mean absolute difference in dB.
pub(super) fn difference(a: &[f32], b: &[f32]) -> f32 {
    let (a8, b8) = (a.as_chunks::<8>(), b.as_chunks::<8>());
    let mut sums = [0.0_f32; 8];
    for (a, b) in a8.0.iter().zip(b8.0) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum += (a - b).abs();
        }
    }
    let rest: f32 = a8.1.iter().zip(b8.1).map(|(a, b)| (a - b).abs()).sum();
    (sums.iter().sum::<f32>() + rest) / a.len().max(1) as f32
}

/// Adds the power of a channel in each band and frame. `place` is the number of values of a frame and the first of this side.
fn add_power(stft: &mut Stft, bank: &MelBank, channel: &[f32], power: &mut [f32], place: (usize, usize)) {
    let spectrogram = stft.analyse(channel);
    let mut magnitudes = Vec::new();
    for (frame, bins) in power.chunks_exact_mut(place.0).zip(spectrogram.values.chunks_exact(spectrogram.bins)) {
        magnitudes.clear();
        magnitudes.extend(bins.iter().map(|bin| bin.norm_sqr().sqrt()));
        for (sum, magnitude) in frame[place.1..].iter_mut().zip(bank.apply(&magnitudes)) {
            *sum += magnitude * magnitude;
        }
    }
}

fn means(frame_db: &[f32], frames: usize, dims: usize) -> Vec<f32> {
    let count = frames + 1 - SEGMENT;
    let mut means = vec![0.0; count * dims];
    for (start, mean) in means.chunks_exact_mut(dims).enumerate() {
        for frame in frame_db[start * dims..].chunks_exact(dims).take(SEGMENT) {
            mean.iter_mut().zip(frame).for_each(|(mean, level)| *mean += level / SEGMENT as f32);
        }
    }
    means
}
