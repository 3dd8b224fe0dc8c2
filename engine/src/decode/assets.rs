//! The table of assets that sounds mix in: immutable, reference-counted, identified by number. The main thread writes, WORKER THREADS
//! read; never the audio thread, which has only their ids and weights ([`AssetMix`]).

#![expect(clippy::disallowed_types, reason = "main and worker threads only; the audio thread never sees the table")]

use std::sync::{Arc, OnceLock};

use parking_lot::Mutex;

use super::keyed_loop::KeyedLoop;
use super::source_error::SourceError;
use crate::link::{AssetId, AssetMix, MIXED_ASSETS};
use crate::params::AssetSet;
use crate::residual::{ZoneResidual, add};
use crate::spectral::{Frames, SpectralShape};
use crate::state::{EndlessLoop, Prime};
use crate::units::Latent;

/// Assets that are kept after the project no longer uses them: pending requests may refer to them, and a sound that is used again keeps its
/// id. Changing all corners and the knobs' sound leaves five unused. Larger takes memory; smaller fails requests that are slow.
const KEPT_UNUSED: usize = 8 * MIXED_ASSETS;
/// The same for loops, which take megabytes. Primes of one recording share its second of sound: forty different ones of 48 kHz take 18 MB at
/// most, packed and unpacked, so that as many are kept as of residuals.
const KEPT_UNUSED_LOOPS: usize = MIXED_ASSETS;
/// From this weight on a loop is all of a sound: what is left of the decoded sound is 23 dB below it.
const WHOLE_WEIGHT: f32 = 0.995;
/// Transposed parts of a loop that are kept for mixes, one for each zone in use.
const KEPT_PARTS: usize = 3;

/// Data that a sound may need beside its controls.
pub enum Asset {
    /// The residuals of a recording, one for each zone that it has one for.
    Residual(Vec<ZoneDifference>),
    /// The loop of an endless recording.
    Loop(LoopAsset),
    /// The beginning of a recording that a sound goes on from.
    Prime(Prime),
}

/// What an asset is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Residual,
    Loop,
    Prime,
}

/// What a sound brings beside its point.
#[derive(Clone, Copy, Debug)]
pub enum Recorded<'a> {
    /// What the point leaves out, if anything.
    Residuals(&'a [ZoneResidual]),
    /// A loop that is played in place of the decoded sound, and its MIDI key.
    Loop(&'a EndlessLoop, f32),
}

impl Recorded<'_> {
    /// Whether there is nothing.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        matches!(self, Self::Residuals(zones) if zones.is_empty())
    }
}

/// A loop, and its beginning as it was last mixed in some zones.
pub struct LoopAsset {
    sound: KeyedLoop,
    parts: Mutex<Vec<LoopPart>>,
}

/// The beginning of a loop at a root key.
#[derive(Clone)]
struct LoopPart {
    root: f32,
    length: usize,
    channels: Arc<Vec<Vec<f32>>>,
}

/// One zone's residual, decoded when it is first used.
pub struct ZoneDifference {
    coded: ZoneResidual,
    difference: OnceLock<Frames>,
}

impl LoopAsset {
    /// The first `length` samples at a root key, at the rate of the decoded sound.
    fn part(&self, root: f32, rate_hz: f32, length: usize) -> Result<Arc<Vec<Vec<f32>>>, SourceError> {
        let known = self.parts.lock().iter().find(|part| part.root == root && part.length == length).cloned();
        if let Some(part) = known {
            return Ok(part.channels);
        }
        let channels = Arc::new(self.sound.at_root(root, rate_hz, length)?);
        let mut parts = self.parts.lock();
        parts.insert(0, LoopPart { root, length, channels: Arc::clone(&channels) });
        parts.truncate(KEPT_PARTS);
        Ok(channels)
    }
}

impl Asset {
    fn of(recorded: Recorded) -> Self {
        match recorded {
            Recorded::Residuals(zones) => Self::residual(zones),
            Recorded::Loop(sound, key) => {
                Self::Loop(LoopAsset { sound: KeyedLoop { sound: sound.clone(), key }, parts: Mutex::default() })
            }
        }
    }

    fn is_of(&self, recorded: Recorded) -> bool {
        match (self, recorded) {
            (Self::Residual(own), Recorded::Residuals(zones)) => own.iter().map(|zone| &zone.coded).eq(zones),
            (Self::Loop(own), Recorded::Loop(sound, key)) => own.sound.key == key && own.sound.sound == *sound,
            _ => false,
        }
    }

    fn kind(&self) -> Kind {
        match self {
            Self::Residual(_) => Kind::Residual,
            Self::Loop(_) => Kind::Loop,
            Self::Prime(_) => Kind::Prime,
        }
    }

    fn residual(zones: &[ZoneResidual]) -> Self {
        let zone = |coded: &ZoneResidual| ZoneDifference { coded: coded.clone(), difference: OnceLock::new() };
        Self::Residual(zones.iter().map(zone).collect())
    }

    /// The difference to add in the zone of root key `key`, if there is one.
    fn difference(&self, key: f32) -> Option<&Frames> {
        let Self::Residual(zones) = self else { return None };
        let zone = zones.iter().find(|zone| f32::from(zone.coded.root_key) == key)?;
        Some(zone.difference.get_or_init(|| zone.coded.residual.difference()))
    }
}

/// The assets of an instance.
#[derive(Default)]
pub struct AssetTable(Mutex<Table>);

#[derive(Default)]
struct Table {
    last_number: u64,
    in_use: AssetSet,
    /// In the order of their last use, the newest last.
    entries: Vec<(AssetId, Arc<Asset>)>,
}

impl AssetTable {
    /// Sets the residuals of the sounds in the pad's four corners and on the knobs, in this order, and returns their ids for the audio
    /// thread. Equal residuals keep their id. `knobs_point` is the latent point of the knobs' sound.
    pub fn set_residuals(&self, mixed: [&[ZoneResidual]; MIXED_ASSETS], knobs_point: Latent) -> AssetSet {
        self.set(mixed.map(Recorded::Residuals), None, knobs_point)
    }

    /// The same for sounds of which some may be endless, and which go on from `prime` where their pack takes one.
    pub fn set(&self, mixed: [Recorded; MIXED_ASSETS], prime: Option<&Prime>, knobs_point: Latent) -> AssetSet {
        let mut table = self.0.lock();
        let ids = mixed.map(|one| if one.is_nothing() { AssetId::NONE } else { table.number_of_recorded(one) });
        let prime = prime.map_or(AssetId::NONE, |prime| table.number_of_prime(prime));
        table.in_use = AssetSet { ids, knobs_point, prime };
        table.drop_unused();
        table.in_use
    }

    /// The assets of a mix, and its prime. They do not change while they are held, whatever is set afterwards.
    ///
    /// # Errors
    /// [`SourceError::AssetMissing`] if one of them is no longer in the table.
    pub fn resolve(&self, mix: &AssetMix) -> Result<Assets, SourceError> {
        let table = self.0.lock();
        let find = |id: AssetId| {
            let entry = table.entries.iter().find(|(other, _)| *other == id).ok_or(SourceError::AssetMissing)?;
            Ok(Arc::clone(&entry.1))
        };
        let mixed = mix.weighted().map(|(id, weight)| Ok((find(id)?, weight))).collect::<Result<_, _>>()?;
        let prime = if mix.prime().is_none() { None } else { Some(find(mix.prime())?) };
        Ok(Assets { mixed, prime })
    }
}

impl Table {
    /// The id of what a sound brings, a new one if that is new.
    fn number_of_recorded(&mut self, recorded: Recorded) -> AssetId {
        self.number_of(|asset| asset.is_of(recorded), || Asset::of(recorded))
    }

    /// The same of a prime.
    fn number_of_prime(&mut self, prime: &Prime) -> AssetId {
        let is_known = |asset: &Asset| matches!(asset, Asset::Prime(own) if own.sounds_as(prime));
        self.number_of(is_known, || Asset::Prime(prime.clone()))
    }

    /// The id of the asset that is the one that is looked for, or is made; marks it as used last.
    fn number_of(&mut self, is_known: impl Fn(&Asset) -> bool, make: impl FnOnce() -> Asset) -> AssetId {
        let known = self.entries.iter().position(|(_, asset)| is_known(asset));
        let entry = match known {
            Some(index) => self.entries.remove(index),
            None => {
                self.last_number += 1;
                (AssetId::new(self.last_number), Arc::new(make()))
            }
        };
        let id = entry.0;
        self.entries.push(entry);
        id
    }

    fn drop_unused(&mut self) {
        let AssetSet { ids, prime, .. } = self.in_use;
        for (kind, kept) in [(Kind::Residual, KEPT_UNUSED), (Kind::Loop, KEPT_UNUSED_LOOPS), (Kind::Prime, KEPT_UNUSED)]
        {
            let is_unused =
                |(id, asset): &(AssetId, Arc<Asset>)| asset.kind() == kind && !ids.contains(id) && *id != prime;
            let mut excess = self.entries.iter().filter(|entry| is_unused(entry)).count().saturating_sub(kept);
            self.entries.retain(|entry| {
                let goes = excess > 0 && is_unused(entry);
                excess -= usize::from(goes);
                !goes
            });
        }
    }
}

/// The assets of one sound, with their weights, and its prime.
#[derive(Clone, Default)]
pub struct Assets {
    mixed: Vec<(Arc<Asset>, f32)>,
    prime: Option<Arc<Asset>>,
}

impl Assets {
    /// The prime alone.
    #[must_use]
    pub fn prime_alone(self) -> Self {
        Self { mixed: Vec::new(), ..self }
    }

    /// What the sound goes on from.
    pub(super) fn prime(&self) -> Option<&Prime> {
        match self.prime.as_deref()? {
            Asset::Prime(prime) => Some(prime),
            Asset::Residual(_) | Asset::Loop(_) => None,
        }
    }

    /// The loops with their weights, each once.
    fn loops(&self) -> Vec<(&LoopAsset, f32)> {
        let mut loops: Vec<(&LoopAsset, f32)> = Vec::new();
        for (asset, weight) in &self.mixed {
            let Asset::Loop(asset) = &**asset else { continue };
            match loops.iter_mut().find(|(other, _)| std::ptr::eq(*other, asset)) {
                Some((_, sum)) => *sum += weight,
                None => loops.push((asset, *weight)),
            }
        }
        loops
    }

    /// Whether a loop is mixed in.
    pub(super) fn has_loops(&self) -> bool {
        self.mixed.iter().any(|(asset, _)| asset.kind() == Kind::Loop)
    }

    /// The loop that is all of the sound, if there is one.
    pub(super) fn whole_loop(&self) -> Option<&KeyedLoop> {
        self.loops().into_iter().find(|(_, weight)| *weight >= WHOLE_WEIGHT).map(|(asset, _)| &asset.sound)
    }

    /// Mixes the loops into a decoded sound of root key `root`, at equal power, since they are not correlated: one channel, or two if a
    /// loop has two.
    ///
    /// # Errors
    /// [`SourceError`] if a loop is damaged, or lies so far from its key that nothing is left of it.
    pub(super) fn mix_loops(&self, samples: Vec<f32>, root: f32, rate_hz: f32) -> Result<Vec<Vec<f32>>, SourceError> {
        let loops = self.loops();
        let rest = 1.0 - loops.iter().map(|(_, weight)| weight).sum::<f32>();
        let gain = rest.max(0.0).sqrt();
        let mut mixed = vec![samples];
        if !loops.is_empty() {
            mixed[0].iter_mut().for_each(|sample| *sample *= gain);
        }
        for (asset, weight) in loops {
            let part = asset.part(root, rate_hz, mixed[0].len())?;
            if part.len() > mixed.len() {
                mixed.resize(part.len(), mixed[0].clone());
            }
            let gain = weight.max(0.0).sqrt();
            for (channel, out) in mixed.iter_mut().enumerate() {
                let from = &part[channel.min(part.len() - 1)];
                out.iter_mut().zip(from).for_each(|(out, sample)| *out += gain * sample);
            }
        }
        Ok(mixed)
    }

    /// Adds the weighted residuals of the zone of root key `key` to the frames of a sound.
    pub fn add_residuals(&self, frames: &mut Frames, key: f32, shape: &SpectralShape) {
        let mut sum: Option<Frames> = None;
        for (asset, weight) in &self.mixed {
            let Some(difference) = asset.difference(key) else { continue };
            let sum = sum.get_or_insert_with(|| Frames { values: vec![0.0; frames.values.len()], ..*frames });
            for (sum, change) in sum.values.iter_mut().zip(&difference.values) {
                *sum += weight * change;
            }
        }
        if let Some(sum) = sum {
            add(frames, &sum, 1.0, shape);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::residual::{Pair, Residual};

    const SHAPE: SpectralShape = SpectralShape::DEFAULT;

    fn level(value: f32) -> Frames {
        Frames {
            values: vec![value; SHAPE.mel_bands * SHAPE.frame_count],
            ..Frames::silent(SHAPE.mel_bands, SHAPE.frame_count)
        }
    }

    fn zone(root_key: u8, wanted: f32) -> ZoneResidual {
        ZoneResidual {
            root_key,
            residual: Residual::between(Pair { wanted: &level(wanted), made: &level(0.0) }, &SHAPE),
        }
    }

    fn heard(assets: &Assets, key: f32) -> f32 {
        let mut frames = level(0.0);
        assets.add_residuals(&mut frames, key, &SHAPE);
        frames.values[500]
    }

    fn mixed(weights: [f32; MIXED_ASSETS], key: f32) -> f32 {
        let table = AssetTable::default();
        let (a, b) = ([zone(60, 0.4), zone(84, 0.8)], [zone(60, -0.2)]);
        let set = table.set_residuals([&a, &b, &[], &[], &[]], [0.0; 7]);
        assert_eq!(table.set_residuals([&a, &b, &[], &[], &[]], [0.0; 7]), set, "equal residuals keep their ids");
        assert_ne!(table.set_residuals([&a, &b, &a[..1], &[], &[]], [0.0; 7]), set);
        heard(&table.resolve(&AssetMix::new(set.ids, weights)).expect("all are there"), key)
    }

    #[test]
    fn residuals_add_with_their_weights_in_their_own_zone() {
        const TOLERANCE: f32 = 0.01;
        for (weights, wanted) in
            [([1.0, 0.0, 0.0, 0.0, 0.0], 0.4), ([0.5, 0.5, 0.0, 0.0, 0.0], 0.1), ([0.0, 0.0, 0.0, 1.0, 1.0], 0.0)]
        {
            let got = mixed(weights, 60.0);
            assert!((got - wanted).abs() < TOLERANCE, "{weights:?}: {got}");
        }
        assert!((mixed([0.5; MIXED_ASSETS], 84.0) - 0.4).abs() < TOLERANCE, "a zone that only one of them has");
        assert_eq!(mixed([1.0; MIXED_ASSETS], 72.0), 0.0, "a zone that none of them has");
    }

    #[test]
    fn a_pending_request_keeps_its_asset_and_a_missing_one_is_an_error() {
        let table = AssetTable::default();
        let first = [zone(60, 0.4)];
        let set = table.set_residuals([&first, &[], &[], &[], &[]], [0.0; 7]);
        let mix = AssetMix::new(set.ids, [1.0; MIXED_ASSETS]);
        let before = table.resolve(&mix).expect("it is there");
        let value = heard(&before, 60.0);
        table.set_residuals([&[zone(60, -0.7)], &[], &[], &[], &[]], [0.0; 7]);
        let late = table.resolve(&mix).expect("unused, but still in the table");
        assert_eq!((heard(&before, 60.0), heard(&late, 60.0)), (value, value));
        for step in 0..=KEPT_UNUSED {
            table.set_residuals([&[zone(60, 0.01 * step as f32)], &[], &[], &[], &[]], [0.0; 7]);
        }
        assert_eq!(table.resolve(&mix).err(), Some(SourceError::AssetMissing));
        assert_eq!(heard(&before, 60.0), value, "an asset that is held does not change");
    }
}
