//! Codes from a trained prior, in raster order: as the report's program draws them, which runs the network over all rows so far for each code, or
//! position by position with what was computed before.

use rand::Rng;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use tch::{Device, Kind, Tensor};

use super::pixelsnail::PixelSnail;
use super::stepwise::Stepwise;

/// How codes are drawn; both give the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Loop {
    /// Each position once; all that later ones need is kept.
    Cached,
    /// All rows so far, for each code.
    Rows,
}

/// The random numbers of a clip: one for each code, whichever clips are drawn with it.
fn uniforms(seed: u64, count: usize) -> Vec<f64> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    (0..count).map(|_| rng.random::<f64>()).collect()
}

/// Draws codes `[clip, row, column]` of clips of these classes, each by its own seed.
///
/// # Panics
/// As many seeds as classes are needed.
pub fn draw(model: &PixelSnail, classes: &[i64], seeds: &[u64], how: Loop, device: Device) -> Tensor {
    assert_eq!(classes.len(), seeds.len(), "each clip has a class and a seed");
    let (rows, columns) = model.shape;
    let clips = classes.len() as i64;
    let drawn: Vec<Vec<f64>> = seeds.iter().map(|seed| uniforms(*seed, (rows * columns) as usize)).collect();
    tch::no_grad(|| {
        let maps = model.class_maps(&Tensor::from_slice(classes).to_device(device));
        let codes = Tensor::zeros([clips, rows, columns], (Kind::Int64, device));
        let mut stepwise = (how == Loop::Cached).then(|| Stepwise::new(model, &maps, device));
        for row in 0..rows {
            for column in 0..columns {
                let scores = match &mut stepwise {
                    Some(stepwise) => stepwise.step(&codes, row, column),
                    None => model.forward(&codes.narrow(1, 0, row + 1), &maps, 0.0).select(3, column).select(2, row),
                };
                let place = (row * columns + column) as usize;
                let chances: Vec<f64> = drawn.iter().map(|clip| clip[place]).collect();
                codes.narrow(1, row, 1).narrow(2, column, 1).copy_(&pick(&scores, &chances).view([clips, 1, 1]));
            }
        }
        codes
    })
}

/// The code of each clip at which the sum of the probabilities, `[clip, code]` as scores, passes its random number of 0 to 1.
fn pick(scores: &Tensor, chances: &[f64]) -> Tensor {
    let sums = scores.to_kind(Kind::Double).softmax(-1, Kind::Double).cumsum(-1, Kind::Double);
    let chances = Tensor::from_slice(chances).to_device(scores.device()).unsqueeze(1);
    let below = sums.le_tensor(&chances).sum_dim_intlist([1i64].as_slice(), false, Kind::Int64);
    below.clamp_max(scores.size()[1] - 1)
}

#[cfg(test)]
mod tests {
    use tch::nn::VarStore;

    use super::super::config::{Size, Variant};
    use super::super::geometry::Geometry;
    use super::*;

    #[test]
    fn both_loops_draw_the_same_codes_and_a_clip_does_not_depend_on_its_neighbours() {
        for variant in [Variant::Baseline, Variant::Combined] {
            tch::manual_seed(3);
            let store = VarStore::new(Device::Cpu);
            let shape = Geometry::new(variant, Size::Tiny).codes();
            let model =
                PixelSnail::new(&store.root(), &Size::Tiny.prior(variant), Size::Tiny.vqvae(variant).codes, 3, shape);
            let cached = draw(&model, &[0, 2], &[5, 6], Loop::Cached, Device::Cpu);
            let rows = draw(&model, &[0, 2], &[5, 6], Loop::Rows, Device::Cpu);
            assert!(cached.equal(&rows), "{variant:?}");
            let alone = draw(&model, &[2], &[6], Loop::Cached, Device::Cpu);
            assert!(alone.equal(&cached.narrow(0, 1, 1)), "{variant:?}");
            // The scores at every position, not the codes alone.
            tch::no_grad(|| {
                let maps = model.class_maps(&Tensor::from_slice(&[2i64]));
                let wanted = model.forward(&alone, &maps, 0.0);
                let mut stepwise = Stepwise::new(&model, &maps, Device::Cpu);
                for place in 0..shape.0 * shape.1 {
                    let (row, column) = (place / shape.1, place % shape.1);
                    let made = stepwise.step(&alone, row, column);
                    let difference = (made - wanted.select(3, column).select(2, row)).abs().max().double_value(&[]);
                    assert!(difference < 1e-4, "{variant:?}: {difference} at {row}, {column}");
                }
            });
            let other = draw(&model, &[0, 2], &[7, 8], Loop::Cached, Device::Cpu);
            assert!(!other.equal(&cached), "{variant:?}");
        }
    }

    #[test]
    fn codes_are_drawn_as_often_as_they_are_likely() {
        let scores = Tensor::from_slice(&[0.2f32, 0.3, 0.5]).log().unsqueeze(0);
        let count = 1000;
        let drawn = |index: i64| {
            let picked = (0..count).map(|n| pick(&scores, &[(f64::from(n) + 0.5) / f64::from(count)]));
            picked.filter(|code| code.int64_value(&[0]) == index).count()
        };
        assert_eq!([drawn(0), drawn(1), drawn(2)], [200, 300, 500]);
        assert_eq!(pick(&scores, &[1.0]).int64_value(&[0]), 2);
    }
}
