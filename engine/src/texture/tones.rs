//! Tones of a spectrum: peaks that stand far out of what is around them. Any thread; allocates.

use crate::spectral::Stft;

/// A tone stands so far out of the median of the bins around it, in power.
const PROMINENCE: f32 = 40.0;
/// Bins on each side of which the median is taken.
const SURROUNDINGS: usize = 16;

/// A tone of a frame.
pub(super) struct Tone {
    /// Its frequency in Hz, between the bins.
    pub hz: f64,
    /// Its energy: that of its bin and of the two beside it.
    pub energy: f64,
}

/// Power spectra of a recording, summed over its channels.
pub(super) struct Spectra {
    power: Vec<f32>,
    bins: usize,
    /// Width of a bin in Hz.
    pub bin_hz: f64,
}

impl Spectra {
    /// Of windows of `size` samples, `hop` samples apart.
    pub fn new(channels: &[&[f32]], rate_hz: u32, size: usize, hop: usize) -> Self {
        let mut stft = Stft::with_sizes(size, hop, 0);
        let mut power: Vec<f32> = Vec::new();
        for channel in channels {
            let spectrogram = stft.analyse(channel);
            power.resize(spectrogram.values.len(), 0.0);
            power.iter_mut().zip(&spectrogram.values).for_each(|(sum, value)| *sum += value.norm_sqr());
        }
        Self { power, bins: stft.bins(), bin_hz: f64::from(rate_hz) / size as f64 }
    }

    /// The spectrum of each window.
    pub fn frames(&self) -> impl ExactSizeIterator<Item = &[f32]> {
        self.power.chunks_exact(self.bins)
    }

    /// The bins of a range of frequencies in Hz.
    pub fn bins_of(&self, range_hz: [f64; 2]) -> std::ops::Range<usize> {
        let [first, end] = range_hz.map(|hz| ((hz / self.bin_hz) as usize).min(self.bins - 1));
        first..end
    }

    /// The tones of a frame within a range of frequencies in Hz.
    pub fn tones(&self, frame: &[f32], range_hz: [f64; 2]) -> Vec<Tone> {
        self.bins_of(range_hz).filter_map(|bin| self.tone(frame, bin)).collect()
    }

    /// The tone whose peak is at a bin, if there is one.
    fn tone(&self, frame: &[f32], bin: usize) -> Option<Tone> {
        let near = frame.get(bin.checked_sub(2)?..bin + 3)?;
        if near[2] <= 0.0 || near.iter().any(|power| *power > near[2]) {
            return None;
        }
        let mut around = frame[bin.saturating_sub(SURROUNDINGS)..(bin + SURROUNDINGS + 1).min(frame.len())].to_vec();
        let middle = around.len() / 2;
        let (_, median, _) = around.select_nth_unstable_by(middle, f32::total_cmp);
        let energy = near[1..4].iter().map(|power| f64::from(*power)).sum();
        let hz = (bin as f64 + peak([near[1], near[2], near[3]])) * self.bin_hz;
        (near[2] > PROMINENCE * *median).then_some(Tone { hz, energy })
    }
}

/// Where between the bins the top of a peak is: that of the parabola through the levels, against the middle one.
fn peak(powers: [f32; 3]) -> f64 {
    let [before, middle, after] = powers.map(|power| f64::from(power.max(f32::MIN_POSITIVE)).ln());
    let bend = before - 2.0 * middle + after;
    if bend < -1e-9 { (0.5 * (before - after) / bend).clamp(-0.5, 0.5) } else { 0.0 }
}
