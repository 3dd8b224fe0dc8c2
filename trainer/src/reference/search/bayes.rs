//! Bayesian optimisation by tree-structured Parzen estimators (Bergstra and others 2011), by the crate `tpe`: told all trials, it
//! names the next point. The report used a Gaussian process, saw it stuck in local minima, and wished for this kind instead.

use anyhow::{Result, anyhow};
use rand::Rng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rand_next::SeedableRng;
use rand_next::rngs::StdRng;
use tpe::TpeOptimizerBuilder;

use super::space::{Range, Space};

/// Part of the trials that count as good.
const GOOD_PART: f64 = 0.2;
/// Points that are spread evenly before the optimiser proposes any, for each parameter, and in all.
const FIRST_PER_PARAMETER: usize = 2;
const LEAST_FIRST: usize = 4;

/// How many points are chosen without a model.
pub fn first_count(space: &Space) -> usize {
    (FIRST_PER_PARAMETER * space.parameters.len()).max(LEAST_FIRST)
}

/// Evenly spread first points: a Latin hypercube (McKay, Beckman and Conover 1979).
pub fn first_points(space: &Space, seed: u64) -> Vec<Vec<f64>> {
    let count = first_count(space);
    let mut rng = <ChaCha8Rng as rand::SeedableRng>::seed_from_u64(seed);
    let columns: Vec<Vec<f64>> = space
        .parameters
        .iter()
        .map(|parameter| {
            let mut strata: Vec<usize> = (0..count).collect();
            strata.shuffle(&mut rng);
            let inside = strata.into_iter().map(|stratum| (stratum as f64 + rng.random::<f64>()) / count as f64);
            inside.map(|part| parameter.range.at(part)).collect()
        })
        .collect();
    (0..count).map(|row| columns.iter().map(|column| column[row]).collect()).collect()
}

/// The next point to try, after `points` gave `losses`. Each parameter is modelled by itself, as in the paper.
///
/// # Errors
/// When the optimiser refuses a range or a loss.
pub fn next_point(space: &Space, points: &[Vec<f64>], losses: &[f64], seed: u64) -> Result<Vec<f64>> {
    let mut rng = StdRng::seed_from_u64(seed);
    let parameters = space.parameters.iter().enumerate();
    let values = parameters.map(|(index, parameter)| {
        let tried = points.iter().map(|point| point[index]).zip(losses.iter().copied());
        next_value(&parameter.range, tried, &mut rng)
            .map_err(|error| anyhow!("cannot choose the next {}: {error}", parameter.name))
    });
    values.collect()
}

fn next_value(
    range: &Range,
    tried: impl Iterator<Item = (f64, f64)>,
    rng: &mut StdRng,
) -> Result<f64, Box<dyn std::error::Error>> {
    let (low, high) = ends(range);
    // What can have one value only needs no choice.
    if high <= low {
        return Ok(value(range, low));
    }
    let estimator = match range {
        Range::Category(_) => tpe::histogram_estimator(),
        Range::Int(..) | Range::Real(..) | Range::Log(..) => tpe::parzen_estimator(),
    };
    let mut optimiser = TpeOptimizerBuilder::new().gamma(GOOD_PART).build(estimator, tpe::range(low, high)?)?;
    for (point, loss) in tried {
        optimiser.tell(coordinate(range, point), loss)?;
    }
    Ok(value(range, optimiser.ask(rng)?))
}

/// The ends of a range as the optimiser knows it, the upper one excluded.
fn ends(range: &Range) -> (f64, f64) {
    match range {
        Range::Int(low, high) => (*low as f64, (*high + i64::from(high > low)) as f64),
        Range::Real(low, high, _) => (*low, *high),
        Range::Log(low, high, _) => (low.ln(), high.ln()),
        Range::Category(values) => (0.0, if values.len() > 1 { values.len() as f64 } else { 0.0 }),
    }
}

/// A value as the optimiser knows it: of whole numbers the middle of the stretch that is rounded down to it. The upper end of
/// a real range belongs to it here, but not there.
fn coordinate(range: &Range, value: f64) -> f64 {
    let (low, high) = ends(range);
    match range {
        Range::Int(..) => value + 0.5,
        Range::Real(..) => value.min(high - (high - low) * 1e-9),
        Range::Log(..) => value.ln().clamp(low, high - (high - low) * 1e-9),
        Range::Category(values) => values.iter().position(|known| *known == value).unwrap_or(0) as f64 + 0.5,
    }
}

/// The value of one of the optimiser's coordinates.
fn value(range: &Range, x: f64) -> f64 {
    match range {
        Range::Int(low, high) => x.floor().clamp(*low as f64, *high as f64),
        Range::Real(low, high, _) => x.clamp(*low, *high),
        Range::Log(low, high, _) => x.exp().clamp(*low, *high),
        Range::Category(values) => values[(x.max(0.0) as usize).min(values.len() - 1)],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn space() -> Space {
        let words = ["layers=int:2..12", "rate=log:1e-5..1e-1", "batch=cat:4,8,16"].map(str::to_owned);
        Space::parse(&words).expect("a space")
    }

    #[test]
    fn first_points_cover_every_part_of_every_range() {
        let (space, count) = (space(), first_count(&space()));
        let points = first_points(&space, 1);
        assert_eq!(points.len(), count);
        let mut rates: Vec<f64> = points.iter().map(|point| (point[1].log10() + 5.0) / 4.0 * count as f64).collect();
        rates.sort_by(f64::total_cmp);
        assert!(rates.iter().enumerate().all(|(stratum, rate)| *rate as usize == stratum), "{rates:?}");
        assert!(points.iter().all(|point| [4.0, 8.0, 16.0].contains(&point[2])));
    }

    #[test]
    fn it_comes_nearer_to_a_known_minimum_than_the_first_points_did() {
        let space = space();
        // Lowest at 7 layers, a rate of 1e-3 and a batch of 8.
        let loss = |point: &[f64]| {
            let off = ((point[0] - 7.0) / 5.0).powi(2) + ((point[1].log10() + 3.0) / 2.0).powi(2);
            (1.0 + off + if point[2] == 8.0 { 0.0 } else { 0.3 }) * 10.0
        };
        let mut points = first_points(&space, 3);
        let best = |points: &[Vec<f64>]| points.iter().map(|point| loss(point)).fold(f64::INFINITY, f64::min);
        let before = best(&points);
        for round in 0..40 {
            let losses: Vec<f64> = points.iter().map(|point| loss(point)).collect();
            let next = next_point(&space, &points, &losses, round).expect("a next point");
            assert!((2.0..=12.0).contains(&next[0]) && next[0].fract() == 0.0);
            assert!((1e-5..=1e-1).contains(&next[1]) && [4.0, 8.0, 16.0].contains(&next[2]));
            points.push(next);
        }
        let after = best(&points);
        assert!(after < 11.0 && after <= before, "{before} before, {after} after");
    }
}
