//! The point of the pack's space that the command line names. Main thread.

use engine::Latent;
use engine::pack::{LatentDistribution, Manifest, Pack, RandomPoints};

use crate::args::Point;
use crate::failure::Failure;

/// The point to play: that of a named sound, a given one, a random one, or that of all knobs at 0.
pub(crate) fn latent_of(point: &Point, pack: &Pack) -> Result<Latent, Failure> {
    match &point.sound {
        Some(name) => Ok(pack.sound(name)?.latent),
        None => Ok(unnamed(point, pack.manifest())),
    }
}

/// The point when no sound is named.
fn unnamed(point: &Point, manifest: &Manifest) -> Latent {
    match point {
        Point { latent: Some(latent), .. } => *latent,
        Point { random: Some(seed), .. } => {
            RandomPoints::new(*seed).anywhere(&LatentDistribution::of(&manifest.sounds))
        }
        _ => Latent::default(),
    }
}

#[cfg(test)]
mod tests {
    use engine::pack::Pack;

    use super::*;

    #[test]
    fn a_random_point_lies_where_the_sounds_of_the_pack_do() {
        let (mut manifest, _) = Pack::factory_manifest().expect("the factory pack");
        manifest.sounds.iter_mut().for_each(|sound| sound.latent = [1.5; 7]);
        let random = Point { latent: None, sound: None, random: Some(3) };
        let found = unnamed(&random, &manifest);
        assert!(found.iter().all(|place| (place - 1.5).abs() < 0.1), "{found:?}");
    }
}
