//! Measures anything that encodes and decodes sounds with the measures of `trainer eval`, on both splits.

use std::collections::BTreeMap;
use std::time::Instant;

use anyhow::{Result, ensure};
use engine::spectral::SpectralShape;
use serde_json::Value;
use tch::Tensor;

use super::codec::SoundCodec;
use super::data::Set;
use super::model::Reference;
use super::row::{NetworkError, SplitFigures};
use super::transform::deviation_percent;
use crate::corpus::{Corpus, Item, Split};
use crate::eval::measures::Measurer;
use crate::eval::parallel::bar;
use crate::eval::visqol::Package;
use crate::statistics::{evenly, mean, median, share_within};

/// Sounds, and decodes of each, whose median is the decode time.
const TIMED_SOUNDS: usize = 8;
const TIMED_DECODES: usize = 3;

/// All measures of every sound of a split, summarised.
///
/// # Errors
/// The split is empty, or encoding or decoding fails.
pub fn score(codec: &mut dyn SoundCodec, corpus: &Corpus, items: &[&Item]) -> Result<SplitFigures> {
    ensure!(!items.is_empty(), "the corpus has no sound in this split");
    let mut measurer = Measurer::new(&SpectralShape::DEFAULT);
    let bar = bar("sounds", items.len());
    let mut values = BTreeMap::<String, Vec<f64>>::new();
    for item in items {
        let truth = corpus.samples(item)?;
        let key = f32::from(item.key);
        let latent = codec.encode(&truth, key)?;
        let made = codec.decode(&latent, key)?;
        collect("", &serde_json::to_value(measurer.compare(item, &truth, &made))?, &mut values);
        bar.inc(1);
    }
    bar.finish_and_clear();
    let summary = |pick: fn(&[f64]) -> f64| values.iter().map(|(name, all)| (name.clone(), pick(all))).collect();
    Ok(SplitFigures {
        sounds: items.len(),
        mean: summary(mean),
        median: summary(median),
        pitch_within_5_cents: values.get("pitch_offset_cents").map(|cents| share_within(cents, 5.0)),
        visqol: None,
        outer: None,
        whole: None,
    })
}

/// ViSQOL's mean score of at most `count` of the items, evenly spread; `None`, said on the terminal, where it fails: a second
/// opinion must not cost a row.
///
/// # Errors
/// A sound cannot be read, encoded or decoded.
pub fn opinion(
    codec: &mut dyn SoundCodec,
    corpus: &Corpus,
    items: &[&Item],
    (package, count): &(Package, usize),
) -> Result<Option<f64>> {
    let remade = evenly(items, *count).into_iter().map(|item| {
        let (truth, key) = (corpus.samples(item)?, f32::from(item.key));
        let latent = codec.encode(&truth, key)?;
        let made = codec.decode(&latent, key)?;
        Ok((truth, made))
    });
    let remade = remade.collect::<Result<Vec<_>>>()?;
    let pairs: Vec<(&[f32], &[f32])> = remade.iter().map(|(truth, made)| (truth.as_slice(), made.as_slice())).collect();
    let scores = package.measure(&pairs, corpus.manifest.sample_rate_hz);
    Ok(scores.inspect_err(|error| eprintln!("no ViSQOL: {error:#}")).ok().map(|scores| mean(&scores)))
}

/// The numbers of a measurement by name, whatever measures there are; a list's members are numbered.
fn collect(name: &str, value: &Value, values: &mut BTreeMap<String, Vec<f64>>) {
    match value {
        Value::Number(number) => {
            let number = number.as_f64().unwrap_or(f64::NAN).abs();
            values.entry(name.to_owned()).or_default().push(number);
        }
        Value::Array(members) => {
            for (index, member) in members.iter().enumerate() {
                collect(&format!("{name}[{index}]"), member, values);
            }
        }
        Value::Object(members) => {
            for (key, member) in members {
                collect(&if name.is_empty() { key.clone() } else { format!("{name}.{key}") }, member, values);
            }
        }
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

/// Errors of a reference model's networks on a set: of the outer one alone, and of both.
pub fn network_errors(model: &Reference, set: &Set) -> (NetworkError, NetworkError) {
    let error = |remake: &dyn Fn(&Tensor) -> Tensor| {
        let loss = set.mean_error(|batch| super::network::squared_error(&remake(batch), batch));
        NetworkError { loss, deviation_percent: deviation_percent(loss, model.model.input_len()) }
    };
    (error(&|batch| model.outer.decode(&model.outer.encode(batch))), error(&|batch| model.remake(batch)))
}

/// Median time from latents to samples in milliseconds, over several sounds of the corpus; a first decode, which makes plans, does
/// not count.
///
/// # Errors
/// A sound cannot be read, encoded or decoded.
pub fn decode_ms(codec: &mut dyn SoundCodec, corpus: &Corpus) -> Result<f64> {
    let points = corpus.choice(Split::Train, TIMED_SOUNDS).into_iter().map(|item| {
        let key = f32::from(item.key);
        Ok((codec.encode(&corpus.samples(item)?, key)?, key))
    });
    let points = points.collect::<Result<Vec<_>>>()?;
    let Some((first, key)) = points.first() else { return Ok(f64::NAN) };
    codec.decode(first, *key)?;
    let times = points.iter().flat_map(|point| std::iter::repeat_n(point, TIMED_DECODES)).map(|(latent, key)| {
        let started = Instant::now();
        codec.decode(latent, *key)?;
        Ok(started.elapsed().as_secs_f64() * 1e3)
    });
    Ok(median(&times.collect::<Result<Vec<_>>>()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_of_a_measurement_is_collected_by_name() {
        let mut values = BTreeMap::new();
        for sign in [1.0, -3.0] {
            let measured = serde_json::json!({"a": sign, "list": [1, 2], "none": null, "inside": {"b": 4}});
            collect("", &measured, &mut values);
        }
        assert_eq!(values["a"], [1.0, 3.0]);
        assert_eq!(values["list[1]"], [2.0, 2.0]);
        assert_eq!(values["inside.b"], [4.0, 4.0]);
        assert_eq!(values.len(), 4);
        assert_eq!((mean(&values["a"]), median(&[5.0, 1.0, 3.0])), (2.0, 3.0));
    }
}
