//! The floors: their modes, their loose matter, what a sole does on them. Plain data.
//!
//! Ranges of modes and of their ringing follow what is published of such bodies (van den Doel and Pai 1998; Fontana and Bresin 2003); the
//! levels against each other were set by ear and by the spectra of the classes.

use super::super::grains::Grain;

/// A floor.
pub struct Floor {
    /// Its name.
    pub label: &'static str,
    /// Range of the modes in hertz, their ringing in seconds, and their level.
    pub modes_hz: [f64; 2],
    pub ring_s: [f64; 2],
    pub solid: f64,
    /// How far a blow is softened: factor on the time of contact.
    pub give: f64,
    /// Loose matter: its collisions, how many a second at full load, and their level.
    pub grain: Grain,
    pub rate_hz: f64,
    pub loose: f64,
    /// Friction of a sole: level, centre in hertz, and how much of it sticks and slips.
    pub friction: f64,
    pub friction_hz: f64,
    pub stick: f64,
    /// Level of the dull blow of the ground itself.
    pub thud: f64,
    /// Level of splash and bubbles.
    pub wet: f64,
}

/// Grains of a range of resonances in hertz; see [`Grain`].
const fn grain(low_hz: f64, high_hz: f64, periods: f64, spread: f64) -> Grain {
    Grain { low_hz, high_hz, periods, spread }
}

/// A floor with nothing loose or wet on it.
const SOLID: Floor = Floor {
    label: "",
    modes_hz: [100.0, 2000.0],
    ring_s: [0.02, 0.1],
    solid: 1.0,
    give: 1.0,
    grain: grain(2500.0, 9000.0, 4.0, 2.5),
    rate_hz: 60.0,
    loose: 0.05,
    friction: 0.1,
    friction_hz: 2500.0,
    stick: 0.2,
    thud: 0.3,
    wet: 0.0,
};

/// All floors.
pub const FLOORS: [Floor; 10] = [
    Floor {
        label: "concrete",
        modes_hz: [160.0, 3800.0],
        ring_s: [0.01, 0.04],
        rate_hz: 250.0,
        loose: 0.12,
        friction: 0.16,
        friction_hz: 3500.0,
        ..SOLID
    },
    Floor {
        label: "wood",
        modes_hz: [70.0, 1400.0],
        ring_s: [0.04, 0.2],
        grain: grain(800.0, 3000.0, 8.0, 2.5),
        rate_hz: 20.0,
        loose: 0.1,
        friction: 0.08,
        friction_hz: 1800.0,
        stick: 0.5,
        thud: 0.4,
        ..SOLID
    },
    Floor {
        label: "gravel",
        modes_hz: [70.0, 250.0],
        ring_s: [0.02, 0.05],
        solid: 0.3,
        give: 2.0,
        grain: grain(900.0, 7500.0, 5.0, 2.5),
        rate_hz: 900.0,
        loose: 1.0,
        friction: 0.15,
        stick: 0.0,
        ..SOLID
    },
    Floor {
        label: "grass",
        modes_hz: [50.0, 180.0],
        ring_s: [0.02, 0.05],
        solid: 0.25,
        give: 4.0,
        grain: grain(3000.0, 11_000.0, 2.0, 1.8),
        rate_hz: 1100.0,
        loose: 0.5,
        friction: 0.45,
        friction_hz: 5000.0,
        stick: 0.0,
        thud: 0.7,
        ..SOLID
    },
    Floor {
        label: "snow",
        modes_hz: [60.0, 160.0],
        ring_s: [0.02, 0.05],
        solid: 0.3,
        give: 5.0,
        grain: grain(500.0, 3800.0, 2.5, 2.0),
        rate_hz: 4000.0,
        loose: 1.0,
        friction: 0.25,
        friction_hz: 900.0,
        stick: 0.8,
        ..SOLID
    },
    Floor {
        label: "sand",
        modes_hz: [60.0, 150.0],
        ring_s: [0.02, 0.04],
        solid: 0.3,
        give: 5.0,
        grain: grain(1500.0, 9000.0, 1.5, 1.5),
        rate_hz: 6000.0,
        loose: 0.9,
        friction: 0.3,
        friction_hz: 3500.0,
        stick: 0.0,
        thud: 0.5,
        ..SOLID
    },
    Floor {
        label: "metal",
        modes_hz: [140.0, 6500.0],
        ring_s: [0.2, 1.0],
        grain: grain(2000.0, 6000.0, 30.0, 2.5),
        rate_hz: 25.0,
        loose: 0.08,
        friction: 0.06,
        friction_hz: 3000.0,
        stick: 0.4,
        thud: 0.15,
        ..SOLID
    },
    Floor {
        label: "water",
        modes_hz: [90.0, 300.0],
        ring_s: [0.02, 0.05],
        solid: 0.25,
        give: 3.0,
        grain: grain(1200.0, 6000.0, 3.0, 2.0),
        rate_hz: 150.0,
        loose: 0.1,
        friction: 0.1,
        friction_hz: 1500.0,
        stick: 0.0,
        wet: 1.0,
        ..SOLID
    },
    Floor {
        label: "leaves",
        modes_hz: [60.0, 200.0],
        ring_s: [0.02, 0.04],
        solid: 0.15,
        give: 4.0,
        grain: grain(2200.0, 13_000.0, 2.0, 3.0),
        rate_hz: 1500.0,
        loose: 1.0,
        friction: 0.3,
        friction_hz: 5500.0,
        stick: 0.0,
        ..SOLID
    },
    Floor {
        label: "carpet",
        modes_hz: [55.0, 320.0],
        ring_s: [0.02, 0.06],
        solid: 0.8,
        give: 8.0,
        grain: grain(1500.0, 5000.0, 1.5, 1.5),
        rate_hz: 500.0,
        loose: 0.05,
        friction: 0.22,
        friction_hz: 2200.0,
        stick: 0.0,
        thud: 0.8,
        ..SOLID
    },
];

/// The floor that a text names, such as a file's name or that of its folder; case does not matter.
pub fn floor_in(text: &str) -> Option<&'static str> {
    const OTHER_NAMES: [(&str, &str); 12] = [
        ("stone", "concrete"),
        ("asphalt", "concrete"),
        ("tile", "concrete"),
        ("parquet", "wood"),
        ("plank", "wood"),
        ("pebble", "gravel"),
        ("puddle", "water"),
        ("beach", "sand"),
        ("lawn", "grass"),
        ("rug", "carpet"),
        ("grating", "metal"),
        ("foliage", "leaves"),
    ];
    let text = text.to_lowercase();
    let named = FLOORS.iter().map(|floor| (floor.label, floor.label)).chain(OTHER_NAMES);
    named.into_iter().find(|(word, _)| text.contains(word)).map(|(_, floor)| floor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floors_are_found_in_names() {
        assert_eq!(floor_in("Footsteps/GRAVEL boots 03.wav"), Some("gravel"));
        assert_eq!(floor_in("walk on parquet"), Some("wood"));
        assert_eq!(floor_in("piano C4"), None);
    }
}
