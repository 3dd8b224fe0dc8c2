//! What the nearest neighbours tell: precision and recall (Kynkäänniemi and others 2019), copies of training clips, diversity.

use tch::{Kind, Tensor};

use super::kad::distances;
use crate::statistics::evenly;

/// Neighbours that make the radius of a clip.
const NEIGHBOURS: i64 = 5;
/// Fewest clips with as many neighbours.
pub const LEAST: usize = 7;
/// Part of the training clips that are nearer than the limit to another one.
const COPY_PART: f64 = 0.01;

/// Precision, the part of the set that lies among the reference, and recall, the part of the reference that lies among the set. As
/// many clips of both are taken.
pub fn precision_and_recall(reference: &Tensor, set: &Tensor) -> Option<[f64; 2]> {
    let count = reference.size()[0].min(set.size()[0]) as usize;
    if count < LEAST {
        return None;
    }
    let (reference, set) = (even_rows(reference, count), even_rows(set, count));
    Some([within(&reference, &set), within(&set, &reference)])
}

fn even_rows(values: &Tensor, count: usize) -> Tensor {
    let all: Vec<i64> = (0..values.size()[0]).collect();
    values.index_select(0, &Tensor::from_slice(&evenly(&all, count)))
}

/// Part of `set` that lies within the radius of a clip of `manifold`.
fn within(manifold: &Tensor, set: &Tensor) -> f64 {
    // The nearest is the clip itself.
    let radius = distances(manifold, manifold).kthvalue(NEIGHBOURS + 1, 1, true).0;
    let inside = distances(manifold, set).le_tensor(&radius).any_dim(0, false);
    inside.to_kind(Kind::Double).mean(Kind::Double).double_value(&[])
}

/// Distance below which a clip counts as a copy: all but one in a hundred training clips are farther from one of another recording.
pub fn copy_limit(train: &Tensor, groups: &[usize]) -> Option<f64> {
    let count = train.size()[0];
    if count < LEAST as i64 {
        return None;
    }
    let groups = Tensor::from_slice(&groups.iter().map(|group| *group as i64).collect::<Vec<_>>());
    let same = groups.unsqueeze(0).eq_tensor(&groups.unsqueeze(1));
    let nearest = distances(train, train).masked_fill(&same, f64::INFINITY).amin([1i64].as_slice(), false);
    let place = ((count as f64 * COPY_PART).ceil() as i64).max(1);
    let limit = nearest.kthvalue(place, 0, false).0.double_value(&[]);
    limit.is_finite().then_some(limit)
}

/// Part of `set` that is nearer to a training clip than `limit`.
pub fn copied(train: &Tensor, limit: f64, set: &Tensor) -> f64 {
    let nearest = distances(set, train).amin([1i64].as_slice(), false);
    nearest.lt(limit).to_kind(Kind::Double).mean(Kind::Double).double_value(&[])
}

/// Mean distance between two clips; none of a single clip.
pub fn spread(values: &Tensor) -> Option<f64> {
    let count = values.size()[0] as f64;
    (count > 1.0).then(|| distances(values, values).sum(Kind::Double).double_value(&[]) / (count * (count - 1.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn normal(count: i64, seed: i64) -> Tensor {
        tch::manual_seed(seed);
        Tensor::randn([count, 6], (Kind::Double, tch::Device::Cpu))
    }

    #[test]
    fn noise_lacks_precision_a_collapsed_set_lacks_recall_and_diversity() {
        let reference = normal(200, 1);
        let [precision, recall] = precision_and_recall(&reference, &normal(80, 2)).expect("enough");
        assert!(precision > 0.8 && recall > 0.8, "{precision} {recall}");
        let [outside, _] = precision_and_recall(&reference, &(normal(80, 3) + 6.0)).expect("enough");
        let collapsed = normal(80, 4) * 0.1;
        let [narrow, missing] = precision_and_recall(&reference, &collapsed).expect("enough");
        assert!(outside < 0.05 && narrow > 0.95 && missing < 0.1, "{outside} {narrow} {missing}");
        let diversity = spread(&collapsed).expect("enough") / spread(&reference).expect("enough");
        assert!((diversity - 0.1).abs() < 0.02, "{diversity}");
    }

    #[test]
    fn copies_are_told_from_new_clips() {
        let train = normal(300, 1);
        let groups: Vec<usize> = (0..300).collect();
        let limit = copy_limit(&train, &groups).expect("enough");
        let part = |set: &Tensor| copied(&train, limit, set);
        let half = Tensor::cat(&[train.narrow(0, 0, 50) + 1e-4, normal(50, 8)], 0);
        assert!(part(&normal(200, 9)) < 0.05 && (part(&half) - 0.5).abs() < 0.05 && part(&train) == 1.0);
    }
}
