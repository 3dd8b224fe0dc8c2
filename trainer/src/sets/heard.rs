//! Fréchet distances by a VGGish network that the user gives: every patch of a clip is one point. Worker threads run the network.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use engine::pack::hex_sha256;
use engine::sample::resample;
use tch::{Kind, Tensor};

use super::clips::{Clip, ClipSet};
use super::compare::{ByClass, Measures};
use super::features::{VERSION, save_tensors};
use super::patches::{Patches, RATE_HZ};
use super::reading::{Format, read};
use super::vggish::{Vggish, WIDTH};
use super::{embedding::Description, frechet};
use crate::eval::parallel::parallel_map_on;

/// What the report calls it.
pub fn description() -> Description {
    let meaning = "FAD∞ alone, by the VGGish network that was given: patches of 0.96 s, all 128 dimensions";
    Description { name: format!("vggish-fad/{VERSION}"), meaning, dimensions: WIDTH as i64 }
}

/// The network with what it needs.
pub struct Ear {
    network: Vggish,
    id: String,
}

/// The patches of a set.
pub struct Heard {
    /// `[patch, 128]`.
    values: Tensor,
    /// Class and part of the clip of each patch.
    owners: Vec<Clip>,
}

impl Ear {
    /// Reads the network.
    ///
    /// # Errors
    /// It is no VGGish network.
    pub fn open(path: &Path) -> Result<Self> {
        let network = Vggish::open(path)?;
        let id = hex_sha256(&fs::read(path).with_context(|| format!("cannot read {}", path.display()))?);
        Ok(Self { network, id })
    }

    /// Hears a set, or takes what was heard before from the folder `cache`. Clips that cannot be read are left out.
    ///
    /// # Errors
    /// The network fails, or the cache cannot be written.
    pub fn hear(&self, set: &ClipSet, format: &Format, threads: usize, cache: &Path) -> Result<Heard> {
        let identity = format!("{VERSION} {format:?} {} {}", set.id, self.id);
        let path = cache.join(format!("vggish-{}.safetensors", &hex_sha256(identity.as_bytes())[..24]));
        let (values, owners) = match load(&path) {
            Some(found) => found,
            None => {
                let made = self.run(set, format, threads)?;
                save_tensors(&path, &[("values", made.0.shallow_clone()), ("owners", Tensor::from_slice(&made.1))])?;
                made
            }
        };
        let owner = |place: &i64| usize::try_from(*place).ok().and_then(|place| set.clips.get(place)).cloned();
        let owners = owners.iter().map(owner).collect::<Option<Vec<_>>>().context("the cache is of another set")?;
        Ok(Heard { values: values.to_kind(Kind::Double), owners })
    }

    fn run(&self, set: &ClipSet, format: &Format, threads: usize) -> Result<(Tensor, Vec<i64>)> {
        let work = |patches: &mut Patches, clip: &Clip| -> Result<Vec<Vec<f32>>> {
            let Ok(sound) = read(set, clip, format) else { return Ok(Vec::new()) };
            let samples = resample(&sound.compared, format.rate_hz, RATE_HZ)?;
            patches.of(&samples).iter().map(|patch| self.network.embed(patch)).collect()
        };
        let found = parallel_map_on(threads, "vggish", &set.clips, || Ok(Patches::new()), work)?;
        let owners = found.iter().enumerate().flat_map(|(place, patches)| vec![place as i64; patches.len()]).collect();
        let values: Vec<f32> = found.concat().concat();
        Ok((Tensor::from_slice(&values).view([-1, WIDTH as i64]), owners))
    }
}

fn load(path: &Path) -> Option<(Tensor, Vec<i64>)> {
    let named = Tensor::read_safetensors(path).ok()?;
    let find = |name: &str| named.iter().find(|(other, _)| other == name).map(|(_, tensor)| tensor.shallow_clone());
    Some((find("values")?, Vec::try_from(find("owners")?).ok()?))
}

impl Heard {
    /// Those of the clips that `wanted` holds for.
    pub fn filter(&self, wanted: impl Fn(&Clip) -> bool) -> Self {
        let rows: Vec<usize> = (0..self.owners.len()).filter(|row| wanted(&self.owners[*row])).collect();
        let index = Tensor::from_slice(&rows.iter().map(|row| *row as i64).collect::<Vec<_>>());
        let owners = rows.iter().map(|row| self.owners[*row].clone()).collect();
        Self { values: self.values.index_select(0, &index), owners }
    }

    /// Distances of a set to this one. A reference without classes is one class.
    pub fn distances(&self, classes: &[String], set: &Self) -> ByClass {
        let measures = |one: &Self, other: &Self| {
            Measures::of_fad(other.owners.len(), frechet::extrapolated(&one.values, &other.values))
        };
        let has_classes = self.owners.iter().any(|clip| clip.class.is_some());
        let of_class = |class: &String| {
            let own = |heard: &Self| heard.filter(|clip| !has_classes || clip.class.as_ref() == Some(class));
            let other = own(set);
            (!other.owners.is_empty()).then(|| measures(&own(self), &other))
        };
        ByClass::new(classes.iter().map(of_class).collect(), measures(self, set))
    }
}
