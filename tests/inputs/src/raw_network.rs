//! Weights of a small network of kind `raw`, chosen at random, as the file of its pack: in the format safetensors.

use std::collections::BTreeMap;

/// Rate of its samples in hertz.
pub const RATE_HZ: u32 = 8_000;
/// Length of its sounds in samples: 0.2 s.
pub const LENGTH: usize = 1_600;
/// Channels of each of its three levels.
pub const WIDTH: usize = 32;
/// States of each channel.
pub const STATES: usize = 4;
/// Its classes.
pub const CLASSES: [&str; 2] = ["Gravel", "Snow"];
/// Courses of levels of the network with a mixture, and samples of their frames.
pub const COURSES: usize = 6;
/// See [`COURSES`].
pub const FRAME: usize = 32;
/// Levels that a network has vectors for.
const ENVELOPE_LEVELS: usize = 16;
/// Outputs of a head of 256 levels, and of a mixture of five logistic distributions.
const LEVELS: usize = 256;
const MIXTURE: usize = 15;

/// Tensors by name.
#[derive(Debug, Default)]
pub struct Tensors {
    /// Shape and values, as little-endian 32-bit floats.
    pub all: BTreeMap<String, (Vec<usize>, Vec<u8>)>,
    /// State of the random numbers.
    pub state: u64,
}

impl Tensors {
    /// Of a whole network with a head of 256 levels, or with a mixture.
    #[must_use]
    pub fn network(is_mixture: bool) -> Self {
        let mut tensors = Self { state: 7, ..Self::default() };
        tensors.add("embedding", &[LEVELS, WIDTH], |_, random| random);
        tensors.add("classes", &[CLASSES.len(), WIDTH], |_, random| random);
        if is_mixture {
            tensors.add("fine", &[WIDTH], |_, random| random);
            tensors.add("envelope_table", &[ENVELOPE_LEVELS, WIDTH], |_, random| random);
            tensors.add("envelopes", &[COURSES, LENGTH / FRAME], |_, random| -40.0 + 40.0 * random);
            tensors.add("envelope_classes", &[COURSES], |place, _| (place % CLASSES.len()) as f32);
        }
        (0..3).for_each(|level| tensors.block(&format!("level{level}.block0")));
        for number in 0..2 {
            tensors.affine(&format!("down{number}"), WIDTH, 4 * WIDTH);
            tensors.affine(&format!("up{number}"), 4 * WIDTH, WIDTH);
        }
        tensors.norm("norm");
        tensors.affine("head", if is_mixture { MIXTURE } else { LEVELS }, WIDTH);
        tensors
    }

    /// Adds a tensor, or puts it in the place of one of its name. `value` is given the place and a random number from −1 to 1.
    pub fn add(&mut self, name: &str, shape: &[usize], value: impl Fn(usize, f32) -> f32) {
        let bytes = (0..shape.iter().product()).flat_map(|place| {
            self.state = self.state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            value(place, (self.state >> 40) as f32 / (1 << 23) as f32 - 1.0).to_le_bytes()
        });
        let bytes = bytes.collect();
        self.all.insert(name.into(), (shape.to_vec(), bytes));
    }

    /// Adds the weights and the bias of an affine map.
    pub fn affine(&mut self, name: &str, outputs: usize, inputs: usize) {
        let spread = (inputs as f32).sqrt().recip();
        self.add(&format!("{name}.weight"), &[outputs, inputs], |_, random| random * spread);
        self.add(&format!("{name}.bias"), &[outputs], |_, random| 0.1 * random);
    }

    fn norm(&mut self, name: &str) {
        self.add(&format!("{name}.gain"), &[WIDTH], |_, random| 1.0 + 0.1 * random);
        self.add(&format!("{name}.bias"), &[WIDTH], |_, random| 0.1 * random);
    }

    fn block(&mut self, name: &str) {
        let half = WIDTH * STATES;
        // Decaying oscillations: factors within the unit circle.
        let factor = |place: usize, _: f32| {
            let angle = 0.3 * (place % half) as f32;
            if place < half { 0.97 * angle.cos() } else { 0.97 * angle.sin() }
        };
        self.add(&format!("{name}.factors"), &[2, WIDTH, STATES], factor);
        self.add(&format!("{name}.outputs"), &[2, WIDTH, STATES], |_, random| 0.1 * random);
        self.add(&format!("{name}.skip"), &[WIDTH], |_, random| random);
        self.norm(&format!("{name}.norm"));
        self.norm(&format!("{name}.feed_norm"));
        self.affine(&format!("{name}.gate"), 2 * WIDTH, WIDTH);
        self.affine(&format!("{name}.widen"), 2 * WIDTH, WIDTH);
        self.affine(&format!("{name}.narrow"), WIDTH, 2 * WIDTH);
    }

    /// The bytes of a file: the length of a header, the header in JSON, the values.
    #[must_use]
    pub fn file(&self) -> Vec<u8> {
        let (mut entries, mut data) = (Vec::new(), Vec::new());
        for (name, (shape, bytes)) in &self.all {
            let (start, end) = (data.len(), data.len() + bytes.len());
            entries.push(format!(r#""{name}":{{"dtype":"F32","shape":{shape:?},"data_offsets":[{start},{end}]}}"#));
            data.extend_from_slice(bytes);
        }
        let header = format!("{{{}}}", entries.join(","));
        [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &data].concat()
    }
}
