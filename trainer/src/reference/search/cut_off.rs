//! Early cut-off: a run that is three times worse than the best known run at the same epoch has no hope. Pure arithmetic.

/// How much worse than the best is hopeless.
const FACTOR: f64 = 3.0;

/// The best loss known at each epoch.
#[derive(Clone, Debug, Default)]
pub struct CutOff {
    best: Vec<f64>,
}

impl CutOff {
    /// Takes in the losses of a run, by epoch.
    pub fn learn(&mut self, losses: &[f64]) {
        for (epoch, loss) in losses.iter().enumerate() {
            match self.best.get_mut(epoch) {
                Some(best) => *best = best.min(*loss),
                None => self.best.push(*loss),
            }
        }
    }

    /// Whether a run with these losses so far is hopeless. A loss that is not finite always is.
    pub fn is_hopeless(&self, losses: &[f64]) -> bool {
        let Some(last) = losses.last() else { return false };
        !last.is_finite() || self.best.get(losses.len() - 1).is_some_and(|best| *last > FACTOR * best)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_times_worse_than_the_best_at_the_same_epoch_is_hopeless() {
        let mut cut_off = CutOff::default();
        assert!(!cut_off.is_hopeless(&[1e9]), "a first run is always finished");
        cut_off.learn(&[90.0, 40.0]);
        cut_off.learn(&[80.0, 50.0, 30.0]);
        assert!(!cut_off.is_hopeless(&[240.0]) && cut_off.is_hopeless(&[241.0]), "the best first epoch is 80");
        assert!(!cut_off.is_hopeless(&[500.0, 119.0]) && cut_off.is_hopeless(&[500.0, 121.0]), "the best second is 40");
        assert!(!cut_off.is_hopeless(&[1.0, 1.0, 1.0, 900.0]), "nothing is known of the fourth");
        assert!(cut_off.is_hopeless(&[f64::NAN]));
    }
}
