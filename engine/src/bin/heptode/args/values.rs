//! How the words of the command line become values. Main thread.

use std::ops::RangeInclusive;
use std::path::Path;

use clap::builder::{OsStringValueParser, PathBufValueParser, StringValueParser, TypedValueParser, ValueParser};
use engine::Latent;
use engine::sample::{MAX_RATE_HZ, MIN_RATE_HZ};
use engine::units::LATENT_LIMIT;

use crate::destination::Destination;

/// Shortest and longest sound that is made of a recording, in seconds.
const LEAST_SECONDS: f64 = 0.01;
const MOST_SECONDS: f64 = 86_400.0;

/// A finite number within a range.
pub(super) fn number(range: RangeInclusive<f32>) -> ValueParser {
    StringValueParser::new()
        .try_map(move |text| match text.trim().parse::<f32>() {
            Ok(value) if range.contains(&value) => Ok(value),
            _ => Err(format!("it is not a number from {} to {}", range.start(), range.end())),
        })
        .into()
}

/// A length in seconds, up to 24 hours.
pub(super) fn seconds() -> ValueParser {
    StringValueParser::new()
        .try_map(|text| match text.trim().parse::<f64>() {
            Ok(value) if (LEAST_SECONDS..=MOST_SECONDS).contains(&value) => Ok(value),
            _ => Err(format!("it is not a number from {LEAST_SECONDS} to {MOST_SECONDS}")),
        })
        .into()
}

pub(super) fn destination() -> ValueParser {
    OsStringValueParser::new().try_map(Destination::parse).into()
}

/// A folder for several files, which do not fit into standard output.
pub(super) fn folder() -> ValueParser {
    PathBufValueParser::new()
        .try_map(
            |folder| {
                if folder == Path::new("-") { Err("it takes a folder; ./- is one of this name") } else { Ok(folder) }
            },
        )
        .into()
}

pub(super) fn rate() -> ValueParser {
    clap::value_parser!(u32).range(i64::from(MIN_RATE_HZ)..=i64::from(MAX_RATE_HZ)).into()
}

pub(super) fn parse_latent(text: &str) -> Result<Latent, String> {
    let mut latent = Latent::default();
    let count = text.split(',').count();
    if count != latent.len() {
        return Err(format!("it has {count} values, and there are {} latents", latent.len()));
    }
    for (place, (slot, word)) in latent.iter_mut().zip(text.split(',')).enumerate() {
        let value = word.trim().parse::<f32>().ok().filter(|z| (-LATENT_LIMIT..=LATENT_LIMIT).contains(z));
        *slot = value.ok_or_else(|| {
            format!("z{} is {:?}, which is not a number from -{LATENT_LIMIT} to {LATENT_LIMIT}", place + 1, word.trim())
        })?;
    }
    Ok(latent)
}

/// A whole number within a range.
pub(super) fn whole(range: RangeInclusive<i64>) -> ValueParser {
    let whole = clap::value_parser!(u64).range(*range.start() as u64..=*range.end() as u64);
    ValueParser::new(whole.map(|value| value as usize))
}
