//! Straight lines between sounds, as the morph slider interpolates: no step may be silent, a burst of noise, or a leap.

use std::sync::Arc;

use anyhow::{Result, ensure};
use engine::decode::Model;
use engine::decode::assets::AssetTable;
use engine::decode::latent::decode;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Serialize;

use super::instrument;
use super::named_point::NamedPoint;
use super::parallel::{Tools, parallel_map};
use super::sound_features::SoundFeatures;
use crate::statistics::{interval, mean, median, quantile};

/// Decodes along a line, both ends included.
pub const STEPS: usize = 33;
/// The largest jump of a line may be this many times its median jump.
pub const LARGEST_OVER_MEDIAN: f64 = 3.0;
/// An audible jump: about the just noticeable difference of level. Between two sounds that are nearly one the
/// largest of many tiny jumps may be many times the median.
pub const AUDIBLE_DB: f64 = 1.0;
const SEED: u64 = 3;
const LISTED: usize = 10;

/// One line and what is wrong with it.
#[derive(Clone, Debug, Serialize)]
pub struct Line {
    /// Where it starts.
    pub from: String,
    /// Where it ends.
    pub to: String,
    /// Key that it is decoded at: one of the pack's roots.
    pub key: u8,
    /// Steps that are silent.
    pub silent_steps: usize,
    /// Steps that are bursts of noise.
    pub noise_steps: usize,
    /// Steps that hold something that is no number.
    pub not_finite_steps: usize,
    /// Steps that are clipped.
    pub clipped_steps: usize,
    /// Median jump between neighbouring steps, in dB.
    pub median_jump_db: f64,
    /// Largest jump, in dB.
    pub largest_jump_db: f64,
    /// Step, from 1, that the largest jump leads to.
    pub largest_at_step: usize,
    /// Largest jump over median jump.
    pub ratio: f64,
}

/// All lines.
#[derive(Clone, Debug, Serialize)]
pub struct Lines {
    /// Number of lines.
    pub lines: usize,
    /// Steps of each.
    pub steps: usize,
    /// Limit on the ratio.
    pub ratio_limit: f64,
    /// Part of all steps that are silent.
    pub silent_rate: f64,
    /// Part of all steps that are bursts of noise.
    pub noise_rate: f64,
    /// Part of all steps that hold something that is no number.
    pub not_finite_rate: f64,
    /// Part of all steps that are clipped.
    pub clipped_rate: f64,
    /// Lines with a silent step, with a burst, with a number that is none, with a clipped step, and beyond the ratio.
    pub lines_breaking: Breaking,
    /// Median of the ratio over the lines.
    pub ratio_median: f64,
    /// 95 % interval of that median, over starting sounds.
    pub ratio_median_interval: [f64; 2],
    /// 95th percentile of the ratio.
    pub ratio_percentile_95: f64,
    /// Largest ratio.
    pub ratio_largest: f64,
    /// Mean of the median jumps, in dB.
    pub median_jump_db: f64,
    /// The lines with the largest ratios or other faults, worst first.
    pub worst: Vec<Line>,
    /// The ratio of every line, rising.
    pub ratios: Vec<f64>,
}

/// How many lines break each law.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Breaking {
    /// A silent step.
    pub silence: usize,
    /// A burst of noise.
    pub noise: usize,
    /// A sample that is no number.
    pub not_finite: usize,
    /// A clipped step.
    pub clipping: usize,
    /// A jump beyond the limit.
    pub jump: usize,
    /// A jump beyond the limit that is also large enough to be heard by itself.
    pub audible_jump: usize,
}

/// Measures `count` seeded random lines between different points.
///
/// # Errors
/// There are fewer than two points, or decoding fails.
pub fn measure(model: &Arc<Model>, places: &[NamedPoint], count: usize) -> Result<Lines> {
    ensure!(places.len() >= 2, "lines need at least two sounds");
    let chosen = draw(&model.manifest().root_keys, places.len(), count);
    let walk = |tools: &mut Tools, line: &(usize, usize, u8)| walk(tools, &places[line.0], &places[line.1], line.2);
    Ok(summarise(parallel_map("lines", model, &chosen, walk)?))
}

/// Draws `count` lines: the numbers of two different ones of `places` places, and a root key. The same arguments give the same
/// lines; none where there are fewer than two places.
pub fn draw(root_keys: &[u8], places: usize, count: usize) -> Vec<(usize, usize, u8)> {
    let mut rng = ChaCha8Rng::seed_from_u64(SEED);
    let mut line = || {
        let from = rng.random_range(0..places);
        let to = (from + rng.random_range(1..places)) % places;
        (from, to, root_keys[rng.random_range(0..root_keys.len())])
    };
    (0..if places < 2 { 0 } else { count }).map(|_| line()).collect()
}

fn walk(tools: &mut Tools, from: &NamedPoint, to: &NamedPoint, key: u8) -> Result<Line> {
    let shape = tools.shape();
    let model = Arc::clone(tools.pipeline.model());
    let table = AssetTable::default();
    let heard = (0..STEPS)
        .map(|step| {
            let part = step as f32 / (STEPS - 1) as f32;
            let spec =
                instrument::between(&model, &table, from, to, part).spec(instrument::ONLY_SOURCE, f32::from(key));
            let samples = decode(&mut tools.pipeline, &spec, &table.resolve(&spec.assets)?)?;
            Ok(SoundFeatures::new(&mut tools.analysis, &shape, &samples))
        })
        .collect::<Result<Vec<SoundFeatures>>>()?;
    Ok(judge(&heard, &from.name, &to.name, key))
}

/// What is wrong with the steps of a line, two at least.
pub fn judge(heard: &[SoundFeatures], from: &str, to: &str, key: u8) -> Line {
    let ends = [&heard[0], &heard[heard.len() - 1]];
    let count = |fault: &dyn Fn(&SoundFeatures) -> bool| heard.iter().filter(|step| fault(step)).count();
    let jumps: Vec<f64> = heard.windows(2).map(|pair| pair[0].jump_db(&pair[1])).collect();
    let largest = (0..jumps.len()).max_by(|a, b| jumps[*a].total_cmp(&jumps[*b])).unwrap_or(0);
    let middle = median(&jumps);
    Line {
        from: from.to_owned(),
        to: to.to_owned(),
        key,
        silent_steps: count(&|step| step.is_silent_between(ends)),
        noise_steps: count(&|step| step.is_burst_between(ends)),
        not_finite_steps: count(&|step| !step.finite),
        clipped_steps: count(&|step| step.clipped),
        median_jump_db: middle,
        largest_jump_db: jumps[largest],
        largest_at_step: largest + 1,
        ratio: jumps[largest] / middle.max(1e-3),
    }
}

fn summarise(mut lines: Vec<Line>) -> Lines {
    let total = (lines.len() * STEPS).max(1) as f64;
    let rate = |pick: &dyn Fn(&Line) -> usize| lines.iter().map(pick).sum::<usize>() as f64 / total;
    let breaking = |fault: &dyn Fn(&Line) -> bool| lines.iter().filter(|line| fault(line)).count();
    let mut ratios: Vec<f64> = lines.iter().map(|line| line.ratio).collect();
    ratios.sort_by(f64::total_cmp);
    let names: Vec<(&str, f64)> = lines.iter().map(|line| (line.from.as_str(), line.ratio)).collect();
    let summary = Lines {
        lines: lines.len(),
        steps: STEPS,
        ratio_limit: LARGEST_OVER_MEDIAN,
        silent_rate: rate(&|line| line.silent_steps),
        noise_rate: rate(&|line| line.noise_steps),
        not_finite_rate: rate(&|line| line.not_finite_steps),
        clipped_rate: rate(&|line| line.clipped_steps),
        lines_breaking: Breaking {
            silence: breaking(&|line| line.silent_steps > 0),
            noise: breaking(&|line| line.noise_steps > 0),
            not_finite: breaking(&|line| line.not_finite_steps > 0),
            clipping: breaking(&|line| line.clipped_steps > 0),
            jump: breaking(&|line| line.ratio > LARGEST_OVER_MEDIAN),
            audible_jump: breaking(&|line| line.ratio > LARGEST_OVER_MEDIAN && line.largest_jump_db > AUDIBLE_DB),
        },
        ratio_median: median(&ratios),
        ratio_median_interval: interval(&names, &median),
        ratio_percentile_95: quantile(&ratios, 0.95),
        ratio_largest: quantile(&ratios, 1.0),
        median_jump_db: mean(&lines.iter().map(|line| line.median_jump_db).collect::<Vec<_>>()),
        worst: Vec::new(),
        ratios,
    };
    let faults = |line: &Line| line.silent_steps + line.noise_steps + line.not_finite_steps + line.clipped_steps;
    lines.sort_by(|a, b| faults(b).cmp(&faults(a)).then(b.ratio.total_cmp(&a.ratio)));
    // Half the list for faults, the rest for jumps: neither may hide the other.
    let mut worst: Vec<Line> = lines.iter().filter(|line| faults(line) > 0).take(LISTED / 2).cloned().collect();
    lines.sort_by(|a, b| b.ratio.total_cmp(&a.ratio));
    let listed = |line: &Line, worst: &[Line]| worst.iter().any(|other| other.from == line.from && other.to == line.to);
    for line in lines {
        if worst.len() < LISTED && !listed(&line, &worst) {
            worst.push(line);
        }
    }
    Lines { worst, ..summary }
}

#[cfg(test)]
mod tests {
    use engine::spectral::{FrameAnalysis, SpectralShape};

    use super::*;

    const SHAPE: SpectralShape = SpectralShape::DEFAULT;

    /// Features of steps at these levels of a tone, in dB.
    fn heard(levels_db: impl Iterator<Item = f32>) -> Vec<SoundFeatures> {
        let mut analysis = FrameAnalysis::new(&SHAPE);
        let tone = |level_db: f32| -> Vec<f32> {
            let level = engine::units::db_to_gain(level_db);
            (0..SHAPE.sound_samples()).map(|n| level * (n as f32 * 0.06).sin()).collect()
        };
        levels_db.map(|level_db| SoundFeatures::new(&mut analysis, &SHAPE, &tone(level_db))).collect()
    }

    fn judged(heard: &[SoundFeatures]) -> Line {
        judge(heard, "A", "B", 60)
    }

    #[test]
    fn an_even_way_has_no_fault_and_a_leap_is_found_at_its_step() {
        let even = judged(&heard((0..9).map(|step| -1.0 - step as f32)));
        assert!(even.ratio < 1.5, "{even:?}");
        let leap = judged(&heard((0..9).map(|step| -1.0 - step as f32 - if step >= 5 { 12.0 } else { 0.0 })));
        assert!(leap.ratio > LARGEST_OVER_MEDIAN && leap.largest_at_step == 5, "{leap:?}");
        let all = summarise(vec![even, leap]);
        assert_eq!((all.lines, all.lines_breaking.jump, all.lines_breaking.silence), (2, 1, 0));
        assert_eq!(all.worst[0].largest_at_step, 5);
    }

    #[test]
    fn silence_clipping_and_what_is_no_number_count_by_step() {
        let mut steps = heard([-6.0, -6.0, -90.0, -6.0, -6.0].into_iter());
        let mut analysis = FrameAnalysis::new(&SHAPE);
        steps[1] = SoundFeatures::new(&mut analysis, &SHAPE, &vec![1.0; SHAPE.sound_samples()]);
        steps[3] = SoundFeatures::new(&mut analysis, &SHAPE, &[f32::NAN; 100]);
        let line = judged(&steps);
        assert_eq!((line.clipped_steps, line.not_finite_steps), (1, 1));
        // Samples that are no numbers count as silence too.
        assert_eq!(line.silent_steps, 2);
    }
}
