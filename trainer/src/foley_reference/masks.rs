//! Masks over frames while training (Park and others 2019): a band of rows and a span of frames get the mean of their part. The mel bands and an
//! encoder's rows are masked apart from each other, so that neither part can be told from the other alone.

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use tch::{Kind, Tensor};

use super::geometry::Geometry;

/// Largest part of the rows, and of the frames, that one mask covers. Chosen as SpecAugment's mild setting: 27 of 80 bands are its largest.
const LARGEST: f64 = 0.25;

/// A masked copy of frames, `[clip, row, frame]`.
pub fn masked(frames: &Tensor, geometry: &Geometry, rng: &mut ChaCha8Rng) -> Tensor {
    let out = frames.copy();
    for clip in 0..frames.size()[0] {
        for (first, count) in [(0, geometry.bands), (geometry.bands, geometry.encoder_rows)] {
            if count > 0 {
                mask_part(&out.get(clip).narrow(0, first, count), rng);
            }
        }
    }
    out
}

/// Masks rows and frames of a part in place.
fn mask_part(part: &Tensor, rng: &mut ChaCha8Rng) {
    let mean = part.mean(Kind::Float);
    for axis in 0..2 {
        let size = part.size()[axis as usize];
        let length = rng.random_range(0..=(size as f64 * LARGEST) as i64);
        let start = rng.random_range(0..=size - length);
        let _ = part.narrow(axis, start, length).fill_tensor_(&mean);
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use tch::Device;

    use super::super::config::{Size, Variant};
    use super::*;

    #[test]
    fn masks_change_a_part_of_the_rows_and_differ_between_the_parts() {
        let geometry = Geometry::new(Variant::Combined, Size::Published);
        tch::manual_seed(2);
        let frames = Tensor::randn([8, geometry.rows(), geometry.frames], (Kind::Float, Device::Cpu));
        let made = masked(&frames, &geometry, &mut ChaCha8Rng::seed_from_u64(1));
        let changed = made.ne_tensor(&frames).to_kind(Kind::Float);
        let part = changed.mean(Kind::Float).double_value(&[]);
        assert!((0.1..0.44).contains(&part), "{part} of all values");
        // Frames that are masked in one part and not in the other.
        let whole = |first: i64, count: i64| changed.narrow(1, first, count).amin([1i64].as_slice(), false);
        let (bands, rows) = (whole(0, geometry.bands), whole(geometry.bands, geometry.encoder_rows));
        assert!((bands - rows).abs().mean(Kind::Float).double_value(&[]) > 0.1);
    }
}
