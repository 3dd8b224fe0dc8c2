//! Weights of the classes of a pack as the command line gives them. Main thread.

use engine::pack::nearest_class;

use crate::failure::Failure;

/// The weights of one class that is named, by its name or the beginning of it, or those that are given.
pub(crate) fn class_weights(class: Option<&str>, weights: &[f32], classes: &[String]) -> Result<Vec<f32>, Failure> {
    let Some(wanted) = class else { return Ok(weights.to_vec()) };
    let wanted = wanted.to_lowercase();
    let names: Vec<String> = classes.iter().map(|name| name.to_lowercase()).collect();
    let exact = names.iter().position(|name| *name == wanted);
    let mut beginning = names.iter().enumerate().filter(|(_, name)| !wanted.is_empty() && name.starts_with(&wanted));
    let only = match (beginning.next(), beginning.next()) {
        (Some((place, _)), None) => Some(place),
        _ => None,
    };
    let Some(found) = exact.or(only) else {
        return Err(Failure::usage(format!("--class {wanted:?}: {}", known(&wanted, classes))));
    };
    Ok((0..names.len()).map(|place| if place == found { 1.0 } else { 0.0 }).collect())
}

/// What there is instead of a class of this name.
fn known(wanted: &str, classes: &[String]) -> String {
    match nearest_class(classes, wanted) {
        None => "the pack has no classes".to_owned(),
        Some(nearest) => format!("did you mean {nearest:?}? the pack has {}", classes.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_is_found_by_its_beginning_and_an_unknown_one_is_told_its_nearest() {
        let classes = ["Dog-bark", "rain", "rails"].map(str::to_owned);
        let weights = |class: &str| class_weights(Some(class), &[], &classes);
        assert_eq!(weights("dog").expect("the beginning of one"), [1.0, 0.0, 0.0]);
        assert_eq!(weights("RAIN").expect("a whole name"), [0.0, 1.0, 0.0]);
        for (class, nearest) in [("rian", "rain"), ("bark-dog", "Dog-bark"), ("ra", "rain"), ("railway", "rails")] {
            let message = weights(class).expect_err("no class").message;
            assert!(message.contains(&format!("did you mean {nearest:?}")), "{message}");
        }
        assert_eq!(class_weights(None, &[0.5, 0.0], &classes).expect("as given"), [0.5, 0.0]);
    }
}
