//! The force of a foot over time, by what it does: blows at moments, and the load that lies between them.

use super::super::envelope::bump;
use super::super::rng::SoundRng;

/// What the foot does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Step,
    Scuff,
    Jump,
    Land,
    Run,
}

/// All actions with their names.
pub const ACTIONS: [(Action, &str); 5] = [
    (Action::Step, "step"),
    (Action::Scuff, "scuff"),
    (Action::Jump, "jump"),
    (Action::Land, "land"),
    (Action::Run, "run"),
];

/// The action that a text names; case does not matter.
pub fn action_in(text: &str) -> Option<&'static str> {
    let text = text.to_lowercase();
    ACTIONS.iter().map(|(_, name)| *name).find(|name| text.contains(name))
}

/// A blow of heel or forefoot.
#[derive(Clone, Copy)]
pub struct Blow {
    pub at_s: f64,
    pub gain: f64,
    /// Factor on the time of contact.
    pub softness: f64,
}

/// A hump of load: a half of what heel or forefoot carries.
#[derive(Clone, Copy)]
struct Hump {
    at_s: f64,
    length_s: f64,
    level: f64,
}

/// The force of one action.
pub struct Force {
    pub blows: Vec<Blow>,
    humps: Vec<Hump>,
    /// When a sole slides: from, for so long, and how much.
    pub slide_at_s: f64,
    pub slide_s: f64,
    pub slide: f64,
    /// When the load has gone.
    pub end_s: f64,
}

impl Force {
    /// Of an action. `force` in (0, 1] shortens and strengthens it; `pace` is a factor on all times.
    pub fn draw(action: Action, force: f64, pace: f64, rng: &mut SoundRng) -> Self {
        let pace = pace * rng.between(0.85, 1.15) * (1.25 - 0.25 * force);
        match action {
            Action::Step => walk(rng.between(0.42, 0.66) * pace, rng.between(0.16, 0.3), rng.between(0.25, 0.8), rng),
            Action::Run => walk(rng.between(0.2, 0.28) * pace, rng.between(0.08, 0.22), rng.between(0.5, 1.1), rng),
            Action::Scuff => scuff(rng.between(0.18, 0.5) * pace, rng),
            Action::Jump => jump(rng.between(0.2, 0.4) * pace, rng),
            Action::Land => land(rng.between(0.25, 0.5) * pace, rng),
        }
    }

    /// The load at a time, about 1 at its largest.
    pub fn load(&self, time_s: f64) -> f64 {
        self.humps.iter().map(|hump| hump.level * bump(time_s - hump.at_s, hump.length_s)).sum()
    }

    /// What drives crumpling: mostly the growth of the load, since matter that has given way stays so.
    pub fn crush(&self, time_s: f64) -> f64 {
        const STEP_S: f64 = 0.004;
        let growth = (self.load(time_s + STEP_S) - self.load(time_s)) / STEP_S;
        0.12 * growth.max(0.0) + 0.25 * self.load(time_s)
    }
}

/// Heel, roll, forefoot and push-off within a stance: the two humps of the ground's reaction have their tops at about a quarter and three
/// quarters of it.
fn walk(stance_s: f64, roll: f64, toe: f64, rng: &mut SoundRng) -> Force {
    let roll_s = roll * stance_s;
    let hump = |at: f64, length: f64, level: f64| Hump { at_s: at * stance_s, length_s: length * stance_s, level };
    Force {
        blows: vec![
            Blow { at_s: 0.0, gain: 1.0, softness: 1.0 },
            Blow { at_s: roll_s, gain: toe * rng.between(0.7, 1.2), softness: 1.8 },
        ],
        humps: vec![hump(-0.08, 0.6, 1.0), hump(0.15, 0.5, 0.4), hump(0.4, 0.6, toe.min(1.0))],
        slide_at_s: rng.between(0.6, 0.8) * stance_s,
        slide_s: rng.between(0.15, 0.3) * stance_s,
        slide: rng.between(0.05, 0.4),
        end_s: stance_s,
    }
}

fn scuff(length_s: f64, rng: &mut SoundRng) -> Force {
    let tap = Blow { at_s: rng.between(0.0, 0.4) * length_s, gain: rng.between(0.05, 0.2), softness: 3.0 };
    Force {
        blows: vec![tap],
        humps: vec![Hump { at_s: -0.15 * length_s, length_s: 1.15 * length_s, level: rng.between(0.4, 0.8) }],
        slide_at_s: 0.0,
        slide_s: length_s,
        slide: rng.between(0.9, 1.4),
        end_s: length_s,
    }
}

/// The push before the foot leaves the ground.
fn jump(length_s: f64, rng: &mut SoundRng) -> Force {
    let push = |at: f64, length: f64, level: f64| Hump { at_s: at * length_s, length_s: length * length_s, level };
    Force {
        blows: vec![
            Blow { at_s: 0.0, gain: rng.between(0.15, 0.35), softness: 3.0 },
            Blow { at_s: length_s, gain: rng.between(0.1, 0.4), softness: 1.5 },
        ],
        humps: vec![push(-0.1, 0.6, 0.5), push(0.3, 0.8, 1.2)],
        slide_at_s: 0.6 * length_s,
        slide_s: 0.4 * length_s,
        slide: rng.between(0.3, 0.9),
        end_s: 1.1 * length_s,
    }
}

/// Both feet, forefoot first.
fn land(length_s: f64, rng: &mut SoundRng) -> Force {
    let other_s = rng.between(0.004, 0.05);
    let heel_s = rng.between(0.02, 0.07);
    let blow = |at_s: f64, gain: f64| Blow { at_s, gain, softness: 0.8 };
    Force {
        blows: vec![
            blow(0.0, 0.8),
            blow(other_s, rng.between(0.6, 1.0)),
            blow(heel_s, rng.between(0.7, 1.2)),
            blow(heel_s + other_s, rng.between(0.5, 1.0)),
        ],
        humps: vec![
            Hump { at_s: -0.01, length_s: 0.45 * length_s, level: 1.6 },
            Hump { at_s: 0.3 * length_s, length_s: 0.7 * length_s, level: 0.5 },
        ],
        slide_at_s: heel_s,
        slide_s: 0.4 * length_s,
        slide: rng.between(0.1, 0.6),
        end_s: length_s,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Slowest walker: gait 1.25 and the largest body.
    const SLOWEST: f64 = 1.45;
    /// Longest action in seconds: what is left of a clip of 1.67 s is for what rings and falls.
    const LONGEST_S: f64 = 1.3;

    #[test]
    fn an_action_is_one_event_that_leaves_time_to_ring() {
        for seed in 0..50 {
            for (action, name) in ACTIONS {
                let force = Force::draw(action, 0.45, SLOWEST, &mut SoundRng::new(seed, 1));
                assert!(force.end_s < LONGEST_S, "{name}: {} s", force.end_s);
                assert!(
                    !force.blows.is_empty() && force.blows.iter().all(|blow| (0.0..=force.end_s).contains(&blow.at_s))
                );
                assert!(force.slide_at_s + force.slide_s <= 1.1 * force.end_s, "{name}");
                assert!(force.load(force.end_s + 0.01) < 0.2, "{name}: the foot has left");
                assert!(
                    (0..100).any(|n| force.crush(force.end_s * f64::from(n) / 100.0) > 0.1),
                    "{name}: it bears load"
                );
            }
        }
    }
}
