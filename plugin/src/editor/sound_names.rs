//! What points are called: by the sound that they are, else by the nearest one. Main thread.

use engine::Latent;
use engine::pack::NamedSound;
use engine::state::SoundState;

use super::pad::{Corner, weights};
use crate::loaded_pack::LoadedPack;
use crate::target::CORNERS;

/// A point whose knobs all stand nearer than this to a sound's, in σ, is that sound: knobs show two decimals.
const SAME_SIGMA: f32 = 0.02;
/// A corner with at least this share of the mix, [0, 1], names it: the other three together are then a third of it or less.
const MOSTLY: f32 = 0.75;

/// The name of a point, and whether it is the very sound of that name. `given` is the sound that the knobs were sent to.
pub fn of_point(point: &Latent, loaded: Option<&LoadedPack>, given: Option<&SoundState>) -> (String, bool) {
    let is_at = |latent: &Latent| latent.iter().zip(point).all(|(a, b)| (a - b).abs() < SAME_SIGMA);
    let near = loaded.and_then(|loaded| loaded.catalogue.nearest(point));
    // Knobs that were turned to the point of a recorded sound by hand do not bring its recording.
    let is_whole =
        |sound: &NamedSound| given.is_some_and(|given| given.name == sound.name) || !is_recorded(loaded, &sound.name);
    if let Some((sound, _)) = near.filter(|(sound, _)| is_at(&sound.latent) && is_whole(sound)) {
        return (sound.name.clone(), true);
    }
    // A sound without a recording is forgotten when the knobs are turned, one with a recording when that is no longer heard.
    let stays = |sound: &SoundState| sound.residual.is_some() || is_recorded(loaded, &sound.name);
    let given = given.map(|sound| (sound.name.clone(), !stays(sound) || is_at(&sound.latent)));
    match (given, near) {
        (Some((name, true)), _) => (name, true),
        (Some((name, false)), _) => (format!("near {name}"), false),
        (None, Some((sound, _))) => (format!("near {}", sound.name), false),
        (None, None) => ("no name".to_owned(), false),
    }
}

/// Whether the pack has recordings of its sound of this name.
fn is_recorded(loaded: Option<&LoadedPack>, name: &str) -> bool {
    let model = loaded.and_then(|loaded| loaded.model.as_ref());
    model.is_some_and(|model| !model.residuals().of(name).is_empty())
}

/// The name of a place on the pad.
pub fn of_pad(place: [f32; 2], corners: &[Corner; CORNERS]) -> String {
    let shares = weights(place[0], place[1]);
    let most = (0..CORNERS).max_by(|a, b| shares[*a].total_cmp(&shares[*b])).unwrap_or(0);
    if shares[most] >= MOSTLY { corners[most].name.clone() } else { "mix of four".to_owned() }
}
