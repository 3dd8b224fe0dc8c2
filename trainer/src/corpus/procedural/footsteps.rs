//! Footsteps: a foot's force on a floor, and what the floor answers.
//!
//! The force is that of heel and forefoot (Cook, "Modeling Bill's gait", 2002; Farnell, "Designing Sound", 2010, chapter on footsteps;
//! Nordahl, Serafin and Fontana, "Sound synthesis and evaluation of interactive footsteps and environmental sounds rendering", 2010). Solid
//! floors answer with their modes, loose ones by crumpling (Fontana and Bresin, "Physics-based sound synthesis and control: crushing,
//! walking and running by crumpling sounds", 2003), wet ones with bubbles (van den Doel, "Physically based models for liquid sounds",
//! 2005); a sliding sole sticks and slips (Avanzini, Serafin and Rocchesso, "Interactive simulation of rigid body interaction with
//! friction-induced sound generation", 2005).

pub mod clips;
mod floor;
mod force;
mod friction;
mod liquid;
mod loose;
mod shoe;
mod solid;
mod walker;

pub use floor::floor_in;
pub use force::action_in;

use super::instrument::Instrument;
use super::note::unpitched;
use super::rng::SoundRng;
use floor::FLOORS;
use force::Action;
use shoe::SHOES;
use walker::Walker;

/// Draws a walker on the floor whose turn it is: each of his notes is a step, or a landing at the hardest strokes of low keys.
pub fn draw(rng: &mut SoundRng, turn: usize) -> Instrument {
    let floor = &FLOORS[turn % FLOORS.len()];
    let shoe = &SHOES[rng.whole(0, SHOES.len() - 1)];
    let walker = Walker::draw(floor, shoe, rng);
    let action = rng.choose(&[Action::Step, Action::Step, Action::Run, Action::Scuff, Action::Land]);
    Instrument::new("Footsteps", format!("Footsteps on {}", floor.label), unpitched(rng), move |note, rng| {
        walker.play(action, note.force(), note.ratio(), rng)
    })
}
