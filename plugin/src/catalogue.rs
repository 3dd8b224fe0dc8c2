//! What the editor needs to know of a pack: its sounds, its axes, its name. Plain data; any thread but the audio thread.

use engine::Latent;
use engine::decode::raw::PrimeRoom;
use engine::pack::{Control, LatentDistribution, NamedSound, PackInfo};
use engine::state::{PackRef, SoundState};

use crate::first_sound::ON_CORNERS;
use crate::name_order::NameKey;
use crate::target::CORNERS;

const MIDDLE_C: f32 = 60.0;

/// The sounds and axes of one pack.
#[derive(Debug, Clone, Default)]
pub struct Catalogue {
    /// Id and hash, as projects remember them.
    pub pack: PackRef,
    /// Name for people.
    pub pack_name: String,
    /// Learned axes, or weights of classes, in order.
    pub axes: Vec<Control>,
    /// How its sounds are scattered.
    pub distribution: LatentDistribution,
    /// Key whose zone is shown while nothing plays.
    pub middle_root: u8,
    /// Whether chance makes its sounds: another seed gives another take.
    pub is_by_chance: bool,
    /// What primes its sounds can go on from; none of a pack that takes none.
    pub prime_room: Option<PrimeRoom>,
    /// Sounds, sorted by category, then name.
    pub sounds: Vec<NamedSound>,
}

impl Catalogue {
    /// Of a pack's description.
    pub fn new(info: PackInfo) -> Self {
        let (pack, middle_root) = (PackRef::new(&info.id, &info.hash), info.nearest_root(MIDDLE_C));
        let prime_room = PrimeRoom::of(&info);
        let mut sounds = info.sounds;
        sounds.sort_by_cached_key(|sound| (NameKey::new(&sound.category), NameKey::new(&sound.name)));
        Self {
            pack,
            pack_name: info.name,
            axes: info.controls,
            distribution: LatentDistribution::of(info.kind, &sounds),
            middle_root,
            is_by_chance: info.kind.is_by_chance(),
            prime_room,
            sounds,
        }
    }

    /// Categories in order, each once.
    pub fn categories(&self) -> Vec<&str> {
        let mut categories: Vec<&str> = self.sounds.iter().map(|sound| sound.category.as_str()).collect();
        categories.dedup();
        categories
    }

    /// Four sounds for the pad of a fresh instance: those of the factory pack that were chosen; in another pack evenly through the list, so
    /// from different categories.
    pub fn first_corners(&self) -> [SoundState; CORNERS] {
        let chosen = ON_CORNERS.map(|name| self.sounds.iter().find(|sound| sound.name == name));
        let has_all = chosen.iter().all(Option::is_some);
        std::array::from_fn(|corner| {
            let place = (2 * corner + 1) * self.sounds.len() / (2 * CORNERS);
            let sound = if has_all { chosen[corner] } else { self.sounds.get(place) };
            sound.map_or_else(SoundState::default, |sound| SoundState::new(&sound.name, sound.latent))
        })
    }

    /// The sound nearest to a point, with its distance in σ.
    pub fn nearest(&self, point: &Latent) -> Option<(&NamedSound, f32)> {
        self.sounds.iter().map(|sound| (sound, distance(&sound.latent, point))).min_by(|a, b| a.1.total_cmp(&b.1))
    }
}

/// Euclidean distance in σ.
fn distance(a: &Latent, b: &Latent) -> f32 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum::<f32>().sqrt()
}
