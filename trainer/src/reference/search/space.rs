//! A search space: named hyper-parameters with their ranges, read from the command line, and the settings that a point makes.

use anyhow::{Context, Result, bail, ensure};
use serde::{Deserialize, Serialize};

use crate::reference::model_name::ModelName;
use crate::reference::settings::{FitSettings, Settings};

/// What can be searched. `batch`, `rate` and `weight_decay` are those of the stage that is searched.
pub const NAMES: [&str; 13] = [
    "layers",
    "kernels",
    "kernel",
    "controls",
    "frame_hidden",
    "latents",
    "depth",
    "ratio",
    "positions",
    "entries",
    "batch",
    "rate",
    "weight_decay",
];
/// Power of the interpolation of layer sizes where only the depth is searched.
const DEFAULT_RATIO: f64 = 0.4;
/// Values of a real range on a grid, where no number is given.
const DEFAULT_STEPS: usize = 3;

/// Values that one parameter can take.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Range {
    /// Whole numbers from the first to the second, both included.
    Int(i64, i64),
    /// Real numbers; the third is the number of values on a grid.
    Real(f64, f64, usize),
    /// The same, evenly spread over the logarithm.
    Log(f64, f64, usize),
    /// One of these.
    Category(Vec<f64>),
}

/// A parameter and its range.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Parameter {
    /// One of [`NAMES`].
    pub name: String,
    /// What it can be.
    pub range: Range,
}

/// All parameters of a search; a point has one value for each.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Space {
    /// In the order in which they were given.
    pub parameters: Vec<Parameter>,
}

impl Space {
    /// Reads `name=int:4..24`, `name=real:0.2..0.8`, `name=log:1e-5..1e-2:4` and `name=cat:4,8,16`.
    ///
    /// # Errors
    /// When the space is empty or says two things at once.
    pub fn parse(words: &[String]) -> Result<Self> {
        ensure!(
            !words.is_empty(),
            "the search space is empty: give --param NAME=RANGE; names are {}",
            NAMES.join(", ")
        );
        let parameters = words.iter().map(|word| parse_parameter(word)).collect::<Result<Vec<_>>>()?;
        for (index, parameter) in parameters.iter().enumerate() {
            let again = parameters[..index].iter().any(|other| other.name == parameter.name);
            ensure!(!again, "the search space is contradictory: {} is given twice", parameter.name);
        }
        let has = |name: &str| parameters.iter().any(|parameter| parameter.name == name);
        ensure!(!has("ratio") || has("depth"), "the search space is contradictory: ratio means nothing without depth");
        Ok(Self { parameters })
    }

    /// Checks that each parameter changes the network of that stage: a search over one that does not would rank chance.
    ///
    /// # Errors
    /// With the name of the first that changes nothing.
    pub fn check_for(&self, model: ModelName, inner: bool) -> Result<()> {
        let stage = if inner { "inner" } else { "outer" };
        let idle = self.parameters.iter().find(|parameter| !has_effect(&parameter.name, model, inner));
        let Some(Parameter { name, .. }) = idle else { return Ok(()) };
        bail!("the search space is contradictory: {name} changes nothing in the {stage} network of {}", model.as_str())
    }

    /// The settings of a point. `code` is the length of the codes that the inner network takes.
    ///
    /// # Errors
    /// When no network can be made of them.
    pub fn apply(&self, point: &[f64], settings: &Settings, inner: bool, code: usize) -> Result<Settings> {
        let mut settings = settings.clone();
        let value = |wanted: &str| {
            let found = self.parameters.iter().zip(point).find(|(parameter, _)| parameter.name == wanted);
            found.map(|(_, value)| *value)
        };
        let whole = |wanted: &str, place: &mut i64| {
            if let Some(value) = value(wanted) {
                *place = value.round() as i64;
            }
        };
        whole("layers", &mut settings.conv.layers);
        whole("kernels", &mut settings.conv.kernels);
        whole("kernel", &mut settings.conv.kernel);
        whole("controls", &mut settings.frame.controls);
        whole("frame_hidden", &mut settings.frame.hidden);
        whole("latents", &mut settings.latents);
        whole("positions", &mut settings.quantised.positions);
        whole("entries", &mut settings.quantised.entries);
        let fit: &mut FitSettings = if inner { &mut settings.inner } else { &mut settings.outer };
        whole("batch", &mut fit.batch);
        fit.rate = value("rate").unwrap_or(fit.rate);
        fit.weight_decay = value("weight_decay").unwrap_or(fit.weight_decay);
        if let Some(depth) = value("depth") {
            settings.interpolate_hidden(
                code,
                depth.round().max(0.0) as usize,
                value("ratio").unwrap_or(DEFAULT_RATIO),
            )?;
        }
        settings.check()?;
        Ok(settings)
    }

    /// A point for people: `layers=5 kernels=20`.
    pub fn describe(&self, point: &[f64]) -> String {
        let parts =
            self.parameters.iter().zip(point).map(|(parameter, value)| format!("{}={}", parameter.name, short(*value)));
        parts.collect::<Vec<_>>().join(" ")
    }
}

impl Range {
    /// The values on a grid.
    pub fn steps(&self) -> Vec<f64> {
        let between = |low: f64, high: f64, steps: usize| {
            let last = steps.saturating_sub(1).max(1) as f64;
            (0..steps).map(move |step| low + (high - low) * step as f64 / last).collect::<Vec<_>>()
        };
        match self {
            Self::Int(low, high) => (*low..=*high).map(|value| value as f64).collect(),
            Self::Real(low, high, steps) => between(*low, *high, *steps),
            Self::Log(low, high, steps) => between(low.ln(), high.ln(), *steps).into_iter().map(f64::exp).collect(),
            Self::Category(values) => values.clone(),
        }
    }

    /// The value at a part of the range, from 0 to 1.
    pub fn at(&self, part: f64) -> f64 {
        let place = |count: usize| ((part * count as f64) as usize).min(count - 1);
        match self {
            Self::Int(low, high) => *low as f64 + place((high - low + 1) as usize) as f64,
            Self::Real(low, high, _) => low + (high - low) * part,
            Self::Log(low, high, _) => (low.ln() + (high / low).ln() * part).exp(),
            Self::Category(values) => values[place(values.len())],
        }
    }
}

/// Whether a hyper-parameter changes what a stage of a model trains.
fn has_effect(name: &str, model: ModelName, inner: bool) -> bool {
    use ModelName::{Mlp, RawAe, RawDeep, RawVae, RawVqvae, Rnn, StftVae};
    match name {
        "layers" | "kernels" | "kernel" => !inner && model == StftVae,
        "controls" | "frame_hidden" => !inner && matches!(model, Mlp | Rnn),
        "latents" | "depth" | "ratio" => inner && matches!(model, StftVae | Mlp | Rnn | RawDeep | RawVae),
        "positions" | "entries" => inner && model == RawVqvae,
        _ => !inner || model != RawAe,
    }
}

/// A number in as few digits as distinguish it from its neighbours.
pub fn short(value: f64) -> String {
    if value.fract() == 0.0 && value.abs() < 1e9 {
        format!("{value:.0}")
    } else if value.abs() < 0.01 {
        format!("{value:.2e}")
    } else {
        format!("{value:.3}")
    }
}

fn parse_parameter(word: &str) -> Result<Parameter> {
    let form = "a parameter is NAME=int:LOW..HIGH, real:LOW..HIGH[:STEPS], log:LOW..HIGH[:STEPS] or cat:A,B,…";
    let parts = word.split_once('=').and_then(|(name, range)| Some((name, range.split_once(':')?)));
    let Some((name, (kind, text))) = parts else { bail!("cannot read `{word}`: {form}") };
    ensure!(NAMES.contains(&name), "there is no hyper-parameter `{name}`; known are {}", NAMES.join(", "));
    let range = match kind {
        "cat" => parse_categories(name, text)?,
        "int" => {
            let (low, high, _) = parse_ends(name, text)?;
            ensure!(low.fract() == 0.0 && high.fract() == 0.0, "the ends of {name} must be whole numbers");
            Range::Int(low as i64, high as i64)
        }
        "real" => parse_ends(name, text).map(|(low, high, steps)| Range::Real(low, high, steps))?,
        "log" => {
            let (low, high, steps) = parse_ends(name, text)?;
            ensure!(low > 0.0, "the search space is contradictory: {name} has a logarithm, so it must be above 0");
            Range::Log(low, high, steps)
        }
        _ => bail!("cannot read `{word}`: {form}"),
    };
    Ok(Parameter { name: name.to_owned(), range })
}

fn parse_number(name: &str, text: &str) -> Result<f64> {
    let number: f64 = text.trim().parse().with_context(|| format!("`{text}` of {name} is no number"))?;
    ensure!(number.is_finite() && number.abs() < 1e9, "`{text}` of {name} is out of range");
    Ok(number)
}

fn parse_categories(name: &str, text: &str) -> Result<Range> {
    ensure!(!text.trim().is_empty(), "the search space is empty: {name} has no values");
    let values = text.split(',').map(|value| parse_number(name, value)).collect::<Result<Vec<_>>>()?;
    Ok(Range::Category(values))
}

fn parse_ends(name: &str, text: &str) -> Result<(f64, f64, usize)> {
    let (ends, steps) = text.split_once(':').map_or((text, None), |(ends, steps)| (ends, Some(steps)));
    let (low, high) = ends.split_once("..").with_context(|| format!("`{text}` of {name} is no range LOW..HIGH"))?;
    let (low, high) = (parse_number(name, low)?, parse_number(name, high)?);
    ensure!(low <= high, "the search space is contradictory: {name} goes from {low} up to {high}");
    let steps = steps.map_or(Ok(DEFAULT_STEPS), |steps| {
        steps
            .parse()
            .ok()
            .filter(|steps| (1..=1000).contains(steps))
            .with_context(|| format!("`{steps}` of {name} is no number of steps"))
    })?;
    Ok((low, high, steps))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn space(words: &[&str]) -> Result<Space> {
        Space::parse(&words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn every_kind_of_range_is_read_and_stepped() {
        let space = space(&["layers=int:4..6", "ratio=real:0.2..0.8", "depth=cat:2,4", "rate=log:1e-4..1e-2"])
            .expect("a space");
        let steps: Vec<Vec<f64>> = space.parameters.iter().map(|parameter| parameter.range.steps()).collect();
        assert_eq!(steps[0], [4.0, 5.0, 6.0]);
        assert_eq!(steps[1], [0.2, 0.5, 0.8]);
        assert_eq!(steps[2], [2.0, 4.0]);
        assert!((steps[3][1] - 1e-3).abs() < 1e-9);
        let log = &space.parameters[3].range;
        assert!((log.at(0.5) - 1e-3).abs() < 1e-9 && (log.at(1.0) - 1e-2).abs() < 1e-9);
        assert_eq!((space.parameters[0].range.at(0.0), space.parameters[0].range.at(1.0)), (4.0, 6.0));
    }

    #[test]
    fn empty_and_contradictory_spaces_get_one_line() {
        let complaints = [
            (vec![], "empty"),
            (vec!["batch=cat:"], "empty"),
            (vec!["layers=int:6..4"], "contradictory"),
            (vec!["rate=log:0..1"], "contradictory"),
            (vec!["layers=int:4..5", "layers=int:4..6"], "contradictory"),
            (vec!["ratio=real:0.1..1"], "contradictory"),
            (vec!["width=int:1..2"], "known are"),
            (vec!["layers=4"], "cannot read"),
            (vec!["layers=int:4.5..6"], "whole"),
        ];
        for (words, wanted) in complaints {
            let complaint = format!("{:#}", space(&words).expect_err("no space"));
            assert!(complaint.contains(wanted) && complaint.lines().count() == 1, "{words:?}: {complaint}");
        }
    }

    #[test]
    fn a_parameter_that_changes_nothing_is_refused() {
        let check = |word: &str, model, inner| space(&[word]).expect("a space").check_for(model, inner);
        assert!(check("layers=int:4..6", ModelName::StftVae, false).is_ok());
        assert!(check("depth=int:2..4", ModelName::StftVae, true).is_ok());
        assert!(check("rate=log:1e-4..1e-2", ModelName::RawAe, false).is_ok());
        let idle = [
            ("layers=int:4..6", ModelName::Mlp, false),
            ("layers=int:4..6", ModelName::StftVae, true),
            ("depth=int:2..4", ModelName::StftVae, false),
            ("entries=cat:64,256", ModelName::RawVae, true),
            ("controls=int:8..9", ModelName::RawDeep, false),
        ];
        for (word, model, inner) in idle {
            let complaint = check(word, model, inner).expect_err(word).to_string();
            assert!(complaint.contains("contradictory") && complaint.contains(model.as_str()), "{complaint}");
        }
        assert!(NAMES.iter().all(|name| {
            ModelName::ALL.iter().any(|model| has_effect(name, *model, false) || has_effect(name, *model, true))
        }));
    }

    #[test]
    fn a_point_becomes_settings_and_an_impossible_one_is_refused() {
        let space = space(&["layers=int:2..9", "rate=log:1e-5..1e-2", "depth=int:2..5"]).expect("a space");
        let settings = space.apply(&[4.0, 1e-3, 3.0], &Settings::default(), false, 6300).expect("a network");
        assert_eq!((settings.conv.layers, settings.outer.rate, settings.hidden.len()), (4, 1e-3, 2));
        assert_eq!(settings.inner, Settings::default().inner);
        assert!(
            space.apply(&[9.0, 1e-3, 3.0], &Settings::default(), false, 6300).is_err(),
            "83 frames cannot be halved so often"
        );
        assert_eq!(space.describe(&[4.0, 1e-3, 3.0]), "layers=4 rate=1.00e-3 depth=3");
    }
}
