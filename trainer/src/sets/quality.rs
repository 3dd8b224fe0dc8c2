//! What is told of a set without distances: classes by the own classifier, useful clips, silence and runaways. Main thread.

use serde::Serialize;
use tch::{Kind, Tensor};

use super::compare::{Part, Reference};
use super::rule::{Figures, Rule};
use crate::statistics::mean;

/// Figures of a class.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ClassQuality {
    /// Clips.
    pub clips: usize,
    /// Part whose class the classifier tells.
    pub accuracy: Option<f64>,
    /// Part that is useful by the rule.
    pub useful: f64,
    /// Part within the range of each figure of the rule.
    pub within: [f64; 6],
    /// Clips in which nothing is heard.
    pub silent: usize,
    /// Clips that are clipped, beyond full scale, or have a large offset.
    pub runaway: usize,
    /// Mean level in dB of full scale.
    pub mean_db: f64,
}

/// Figures of a set.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Quality {
    /// In the order of the classes; `None` where the set has none of it.
    pub classes: Vec<Option<ClassQuality>>,
    /// All clips; accuracy and usefulness are means of classes.
    pub all: ClassQuality,
    /// Inception score by the classifier (Salimans and others 2016): from 1 to the number of classes.
    pub inception: Option<f64>,
    /// What was left out, one line each.
    pub left_out: Vec<String>,
}

impl Quality {
    /// Of a set.
    pub fn new(reference: &Reference, set: &Part) -> Self {
        let rules: Vec<Rule> = (0..reference.classes.len()).map(|class| rule(reference, Some(class))).collect();
        let told = probabilities(reference, set);
        let of = |class: Option<usize>, rule: &Rule| {
            let rows = set.rows(class);
            (!rows.is_empty()).then(|| class_quality(set, &rows, class, rule, told.as_ref()))
        };
        let classes: Vec<Option<ClassQuality>> =
            rules.iter().enumerate().map(|(class, rule)| of(Some(class), rule)).collect();
        let mut all = of(None, &rule(reference, None)).unwrap_or_default();
        let present: Vec<&ClassQuality> = classes.iter().flatten().collect();
        if !present.is_empty() {
            let accuracies: Vec<f64> = present.iter().filter_map(|class| class.accuracy).collect();
            all.accuracy = (!accuracies.is_empty()).then(|| mean(&accuracies));
            all.useful = mean(&present.iter().map(|class| class.useful).collect::<Vec<_>>());
            all.within = std::array::from_fn(|figure| {
                mean(&present.iter().map(|class| class.within[figure]).collect::<Vec<_>>())
            });
        }
        Self { classes, all, inception: told.as_ref().map(inception), left_out: set.features.left_out.clone() }
    }
}

fn rule(reference: &Reference, class: Option<usize>) -> Rule {
    let figures = &reference.train.features.figures;
    Rule::new(&reference.train.rows(class).into_iter().map(|row| figures[row]).collect::<Vec<_>>())
}

/// Of each clip and class, where there is a classifier.
fn probabilities(reference: &Reference, set: &Part) -> Option<Tensor> {
    let embedding = reference.embeddings.iter().find(|embedding| embedding.classifier().is_some())?;
    Some(embedding.classifier()?.probabilities(&embedding.of(&set.features).values))
}

fn class_quality(set: &Part, rows: &[usize], class: Option<usize>, rule: &Rule, told: Option<&Tensor>) -> ClassQuality {
    let figures: Vec<&Figures> = rows.iter().map(|row| &set.features.figures[*row]).collect();
    let count = rows.len() as f64;
    let part = |is: &dyn Fn(&Figures) -> bool| figures.iter().filter(|figures| is(figures)).count() as f64 / count;
    let accuracy = class.zip(told).map(|(class, told)| {
        let best = told.argmax(1, false);
        rows.iter().filter(|row| best.int64_value(&[**row as i64]) == class as i64).count() as f64 / count
    });
    ClassQuality {
        clips: rows.len(),
        accuracy,
        useful: part(&|figures| rule.is_useful(figures)),
        within: std::array::from_fn(|figure| part(&|figures| rule.judge(figures)[figure])),
        silent: figures.iter().filter(|figures| figures.silent).count(),
        runaway: figures.iter().filter(|figures| figures.runaway).count(),
        mean_db: mean(&figures.iter().map(|figures| figures.mean_db).collect::<Vec<_>>()),
    }
}

/// exp of the mean divergence of each clip's classes from those of all.
fn inception(told: &Tensor) -> f64 {
    let all = told.mean_dim([0i64].as_slice(), true, Kind::Double);
    let logs = told.clamp_min(1e-12).log() - all.clamp_min(1e-12).log();
    let divergence = (told * logs).sum_dim_intlist([1i64].as_slice(), false, Kind::Double);
    divergence.mean(Kind::Double).double_value(&[]).exp()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_inception_score_counts_the_classes_that_are_told_apart() {
        let sure = Tensor::eye(4, (Kind::Double, tch::Device::Cpu)).repeat([5, 1]);
        let unsure = Tensor::full([20, 4], 0.25, (Kind::Double, tch::Device::Cpu));
        let one = sure.narrow(0, 0, 1).repeat([20, 1]);
        assert!((inception(&sure) - 4.0).abs() < 1e-6);
        assert!((inception(&unsure) - 1.0).abs() < 1e-6 && (inception(&one) - 1.0).abs() < 1e-6);
    }
}
