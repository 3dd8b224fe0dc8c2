//! The point of the pack's space that the command line names. Main thread.

use engine::Latent;
use engine::pack::{LatentDistribution, PackInfo, RandomPoints};

use crate::args::Point;
use crate::failure::Failure;

/// The point to play: that of a named sound, a given one, a random one, or that of all knobs at 0.
pub(crate) fn latent_of(point: &Point, pack: &PackInfo) -> Result<Latent, Failure> {
    match &point.sound {
        Some(name) => Ok(pack.sound(name)?.latent),
        None => Ok(unnamed(point, pack)),
    }
}

/// The point when no sound is named.
fn unnamed(point: &Point, pack: &PackInfo) -> Latent {
    match point {
        Point { latent: Some(latent), .. } => *latent,
        Point { random: Some(seed), .. } => {
            RandomPoints::new(*seed).anywhere(&LatentDistribution::of(pack.kind, &pack.sounds))
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
        let (mut manifest, hash) = Pack::factory_manifest().expect("the factory pack");
        manifest.sounds.iter_mut().for_each(|sound| sound.latent = [1.5; 7]);
        let random = Point { latent: None, sound: None, random: Some(3) };
        let found = unnamed(&random, &PackInfo::of_latents(&manifest, &hash));
        assert!(found.iter().all(|place| (place - 1.5).abs() < 0.1), "{found:?}");
    }
}
