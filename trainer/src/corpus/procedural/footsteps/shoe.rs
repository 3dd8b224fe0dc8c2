//! The shoes. Plain data.

/// What is under a foot.
pub struct Shoe {
    /// Its name.
    pub label: &'static str,
    /// Time of contact of a blow on a hard floor, in seconds: hard soles click, soft ones thud.
    pub contact_s: [f64; 2],
    /// Level and range in hertz of the modes of a hard heel.
    pub click: f64,
    pub click_hz: [f64; 2],
    /// Level of a flat slap of soft matter, low-passed at so many hertz.
    pub slap: f64,
    pub slap_hz: f64,
    /// Factor on the friction of the floor.
    pub grip: f64,
    /// Factor on the blow of the ground.
    pub heavy: f64,
}

/// All shoes.
pub const SHOES: [Shoe; 4] = [
    Shoe {
        label: "hard",
        contact_s: [0.0005, 0.0012],
        click: 0.35,
        click_hz: [900.0, 4200.0],
        slap: 0.02,
        slap_hz: 6000.0,
        grip: 0.8,
        heavy: 0.8,
    },
    Shoe {
        label: "soft",
        contact_s: [0.002, 0.006],
        click: 0.0,
        click_hz: [500.0, 1500.0],
        slap: 0.06,
        slap_hz: 2500.0,
        grip: 1.3,
        heavy: 0.9,
    },
    Shoe {
        label: "boot",
        contact_s: [0.001, 0.0025],
        click: 0.15,
        click_hz: [350.0, 1800.0],
        slap: 0.04,
        slap_hz: 3500.0,
        grip: 1.0,
        heavy: 1.5,
    },
    Shoe {
        label: "bare",
        contact_s: [0.004, 0.01],
        click: 0.0,
        click_hz: [300.0, 900.0],
        slap: 0.16,
        slap_hz: 1800.0,
        grip: 0.7,
        heavy: 0.7,
    },
];
