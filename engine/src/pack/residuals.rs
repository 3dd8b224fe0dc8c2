//! The residuals of a pack's named sounds: for each sound one in every key zone that it was recorded in.
//!
//! The file holds the sounds in the order of the manifest: a byte that counts zones, and for each zone its root key, the length of the
//! coded residual in two bytes, the low one first, and the residual. Read and checked whole; each residual is unpacked when its sound is decoded. Any thread but
//! the audio thread.

use std::collections::BTreeMap;

use super::{Manifest, NamedSound, PackError, RESIDUALS_FILE};
use crate::residual::{MAX_RESIDUAL_BYTES, Residual, ZoneResidual};
use crate::units::Latent;

/// Largest difference of a coordinate, in σ, between a point and the same point after it was saved as text and read again.
const SAME_SIGMA: f32 = 1e-4;

/// The residuals of named sounds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NamedResiduals {
    by_name: BTreeMap<String, Recorded>,
}

/// The point and the residuals of one sound.
#[derive(Clone, Debug, PartialEq)]
struct Recorded {
    point: Latent,
    zones: Vec<ZoneResidual>,
}

impl NamedResiduals {
    /// From the residuals of each sound, at most one in a zone, in order of keys.
    pub fn new<'a>(sounds: impl IntoIterator<Item = (&'a NamedSound, Vec<ZoneResidual>)>) -> Self {
        let recorded = sounds.into_iter().filter(|(_, zones)| !zones.is_empty());
        let by_name =
            recorded.map(|(sound, zones)| (sound.name.clone(), Recorded { point: sound.latent, zones })).collect();
        Self { by_name }
    }

    /// The zones of a sound, in order of keys; none for a sound that was not recorded.
    pub fn of(&self, name: &str) -> &[ZoneResidual] {
        self.by_name.get(name).map(|recorded| recorded.zones.as_slice()).unwrap_or_default()
    }

    /// As [`NamedResiduals::of`], if the sound of that name lies at this point: at another one it is a sound of another pack.
    pub fn at(&self, name: &str, point: &Latent) -> &[ZoneResidual] {
        let is_here = |recorded: &&Recorded| recorded.point.iter().zip(point).all(|(a, b)| (a - b).abs() <= SAME_SIGMA);
        self.by_name.get(name).filter(is_here).map(|recorded| recorded.zones.as_slice()).unwrap_or_default()
    }

    /// The file's bytes for the sounds of `manifest`.
    pub fn to_bytes(&self, manifest: &Manifest) -> Vec<u8> {
        let mut bytes = Vec::new();
        for sound in &manifest.sounds {
            let zones = self.of(&sound.name);
            bytes.push(zones.len() as u8);
            for zone in zones {
                let coded = zone.residual.bytes();
                bytes.push(zone.root_key);
                bytes.extend((coded.len() as u16).to_le_bytes());
                bytes.extend(coded);
            }
        }
        bytes
    }

    /// Reads the file of a pack with this manifest.
    ///
    /// # Errors
    /// [`PackError::Residuals`] when it does not fit the manifest or is damaged.
    pub(super) fn parse(bytes: &[u8], manifest: &Manifest) -> Result<Self, PackError> {
        let mut rest = Rest(bytes);
        let mut sounds = Vec::new();
        for sound in &manifest.sounds {
            let refuse = |why: &str| PackError::Residuals(format!("{RESIDUALS_FILE}: \"{}\": {why}", sound.name));
            let zones = rest.zones(manifest).map_err(|why| refuse(&why))?;
            sounds.push((sound, zones));
        }
        match rest.0 {
            [] => Ok(Self::new(sounds)),
            more => Err(PackError::Residuals(format!("{RESIDUALS_FILE}: {} bytes follow the last sound", more.len()))),
        }
    }
}

/// The part of the file that is not read yet.
struct Rest<'a>(&'a [u8]);

impl<'a> Rest<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], String> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or("the file ends within it")?;
        self.0 = rest;
        Ok(taken)
    }

    fn byte(&mut self) -> Result<u8, String> {
        Ok(self.take(1)?.first().copied().unwrap_or_default())
    }

    fn zones(&mut self, manifest: &Manifest) -> Result<Vec<ZoneResidual>, String> {
        let mut zones: Vec<ZoneResidual> = Vec::new();
        for _ in 0..self.byte()? {
            let root_key = self.byte()?;
            let follows = zones.last().is_none_or(|last| last.root_key < root_key);
            if !manifest.root_keys.contains(&root_key) {
                return Err(format!("key {root_key} is no root of the pack"));
            }
            if !follows {
                return Err(format!("key {root_key} is out of order"));
            }
            let length = usize::from(u16::from_le_bytes([self.byte()?, self.byte()?]));
            let coded = self.take(length)?;
            let residual = Residual::packed(coded, &manifest.shape).map_err(|error| error.why().to_owned())?;
            zones.push(ZoneResidual { root_key, residual });
        }
        let bytes: usize = zones.iter().map(|zone| zone.residual.bytes().len()).sum();
        if bytes > MAX_RESIDUAL_BYTES {
            return Err(format!("{bytes} bytes, at most {MAX_RESIDUAL_BYTES} are read"));
        }
        Ok(zones)
    }
}

#[cfg(all(test, feature = "factory-pack"))]
mod tests {
    use super::*;
    use crate::pack::Pack;
    use crate::residual::Pair;
    use crate::spectral::Frames;

    fn manifest() -> Manifest {
        let (mut manifest, _) = Pack::factory_manifest().expect("the factory's manifest is valid");
        manifest.sounds.truncate(3);
        manifest
    }

    fn zone(root_key: u8, level: f32, manifest: &Manifest) -> ZoneResidual {
        let shape = &manifest.shape;
        let made = Frames::silent(shape.mel_bands, shape.frame_count);
        let wanted = Frames { values: vec![level; made.values.len()], ..made };
        ZoneResidual { root_key, residual: Residual::between(Pair { wanted: &wanted, made: &made }, shape) }
    }

    fn residuals(manifest: &Manifest) -> NamedResiduals {
        let zones = vec![zone(48, 0.2, manifest), zone(60, -0.3, manifest)];
        NamedResiduals::new([(&manifest.sounds[1], zones)])
    }

    #[test]
    fn what_is_written_is_read_again_under_the_same_names() {
        let manifest = manifest();
        let written = residuals(&manifest);
        let read = NamedResiduals::parse(&written.to_bytes(&manifest), &manifest).expect("a whole file");
        assert_eq!(read, written);
        assert_eq!(read.of(&manifest.sounds[1].name).len(), 2);
        let sound = &manifest.sounds[1];
        assert_eq!(read.at(&sound.name, &sound.latent).len(), 2);
        assert!(read.at(&sound.name, &sound.latent.map(|z| z + 0.01)).is_empty(), "a sound of another pack");
        assert!(read.of(&manifest.sounds[0].name).is_empty() && read.of("no such sound").is_empty());
    }

    #[test]
    fn a_damaged_file_is_refused_and_the_message_names_the_sound() {
        let manifest = manifest();
        let good = residuals(&manifest).to_bytes(&manifest);
        let refusal = |bytes: &[u8]| {
            let error = NamedResiduals::parse(bytes, &manifest).expect_err("damaged");
            error.to_string()
        };
        let second = &manifest.sounds[1].name;
        for length in 1..good.len() {
            assert!(refusal(&good[..length]).contains("ends within"), "cut at {length}");
        }
        let changed = |place: usize, value: u8| {
            let mut bytes = good.clone();
            bytes[place] = value;
            refusal(&bytes)
        };
        // After the first sound's and the second's count: root, two bytes of length, version.
        for (place, value, wanted) in
            [(2, 49, "no root"), (2, 84, "out of order"), (5, 9, "another version"), (7, 1, "another size")]
        {
            let message = changed(place, value);
            assert!(message.contains(wanted) && message.contains(second), "{place}: {message}");
        }
        let longer = [good.as_slice(), &[0, 0]].concat();
        assert!(refusal(&longer).contains("2 bytes follow"));
    }

    #[test]
    fn a_sound_may_have_no_more_than_six_kibibytes() {
        let manifest = manifest();
        let mut bytes = vec![2];
        for root in [48, 60] {
            let mut coded = zone(root, 0.2, &manifest).residual.bytes().to_vec();
            coded.resize(MAX_RESIDUAL_BYTES / 2 + 1, 0);
            bytes.push(root);
            bytes.extend((coded.len() as u16).to_le_bytes());
            bytes.extend(coded);
        }
        bytes.extend([0, 0]);
        let error = NamedResiduals::parse(&bytes, &manifest).expect_err("too much").to_string();
        assert!(error.contains("6146 bytes"), "{error}");
    }
}
