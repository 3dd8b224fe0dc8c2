//! A walker: a person in shoes on a place of a floor, who makes actions.

use super::super::envelope::{decay, rise};
use super::super::filter::Svf;
use super::super::mix::{lay, normalised, render};
use super::super::modes::Mode;
use super::super::rng::SoundRng;
use super::floor::Floor;
use super::force::{Action, Force};
use super::shoe::Shoe;
use super::{friction, liquid, loose, solid};

/// Body masses in kilograms.
const MASS_KG: [f64; 2] = [42.0, 112.0];
/// The mass at which the ground's blow has 85 Hz.
const MIDDLE_KG: f64 = 72.0;

/// What all sounds of one walker have in common.
pub struct Walker {
    floor: &'static Floor,
    shoe: &'static Shoe,
    modes: Vec<Mode>,
    heel: Vec<Mode>,
    contact_s: f64,
    /// Body mass in kilograms.
    pub mass_kg: f64,
    /// Factor on all times of his gait.
    pub pace: f64,
    loose: f64,
    friction: f64,
    room: f64,
    room_s: f64,
}

impl Walker {
    /// Draws one.
    pub fn draw(floor: &'static Floor, shoe: &'static Shoe, rng: &mut SoundRng) -> Self {
        Self {
            floor,
            shoe,
            modes: solid::modes_of(floor, rng),
            heel: solid::heel_of(shoe, rng),
            contact_s: rng.ratio_between(shoe.contact_s[0], shoe.contact_s[1]),
            mass_kg: rng.between(MASS_KG[0], MASS_KG[1]),
            pace: rng.ratio_between(0.8, 1.25),
            loose: floor.loose * rng.ratio_between(0.7, 1.4),
            friction: floor.friction * shoe.grip * rng.ratio_between(0.6, 1.5),
            room: rng.between(0.0, 0.05),
            room_s: rng.ratio_between(0.1, 0.6),
        }
    }

    /// One action, of any level. `strength` in (0, 1] is that of the stroke; `ratio` moves all frequencies.
    pub fn play(&self, action: Action, strength: f64, ratio: f64, rng: &mut SoundRng) -> Vec<f64> {
        let weight = (self.mass_kg / MIDDLE_KG).cbrt();
        let force = Force::draw(action, strength, self.pace * weight * ratio.powf(-0.4), rng);
        let blown = solid::Blown {
            floor: self.floor,
            shoe: self.shoe,
            modes: &self.modes,
            heel: &self.heel,
            contact_s: self.contact_s * (1.6 - 0.6 * strength) * weight,
            thud_hz: 85.0 / weight,
        };
        let mut sound = Vec::new();
        for blow in &force.blows {
            solid::blow(&mut sound, &blown, *blow, ratio, rng);
        }
        lay(&mut sound, &loose::crumple(self.floor, &force, strength, ratio, rng), 0.0, self.loose);
        let slid = friction::slide(self.floor, &force, ratio, rng);
        lay(&mut sound, &slid, force.slide_at_s, self.friction * force.slide);
        if self.floor.wet > 0.0 {
            lay(&mut sound, &liquid::splash(&force, ratio, rng), 0.0, self.floor.wet);
        }
        self.add_room(&mut sound, ratio, rng);
        sound
    }

    fn add_room(&self, sound: &mut Vec<f64>, ratio: f64, rng: &mut SoundRng) {
        let mut colour = Svf::default();
        let room = render(self.room_s, |time_s| {
            colour.band(rng.noise(), 700.0 * ratio, 0.6) * decay(time_s, self.room_s) * rise(time_s, 0.01)
        });
        lay(sound, &normalised(room), 0.004, self.room);
    }
}
