//! Each definition once: types that are the same get one name.

use crate::reader::fresh;
use crate::shape::{Shape, pascal};
use std::collections::{BTreeMap, HashMap, HashSet};

/// With more named types than this nothing is compared.
const MAX_NAMED: usize = 400;

/// Objects with fewer fields, and enumerations with fewer values, are repeated in place.
const FIELDS: usize = 3;
const VALUES: usize = 6;

/// Gives one name to definitions that say the same, as where input and output bring the same ones along.
/// Two are taken for the same until something tells them apart, so recursive ones are found too.
pub(crate) fn definitions(shapes: &mut [Shape], named: &mut BTreeMap<String, Shape>) {
    if named.len() < 2 || named.len() > MAX_NAMED {
        return;
    }
    let mut classes: HashMap<String, String> = named.keys().map(|name| (name.clone(), String::new())).collect();
    let mut count = 1;
    loop {
        let mut numbers: HashMap<String, usize> = HashMap::new();
        let mut next = HashMap::new();
        for (name, shape) in named.iter() {
            let text = format!("{:?}", renamed(shape, &classes));
            let number = numbers.len();
            let number = *numbers.entry(text).or_insert(number);
            next.insert(name.clone(), number.to_string());
        }
        classes = next;
        // Classes only ever split, so an equal number means equal classes.
        if numbers.len() == count {
            break;
        }
        count = numbers.len();
    }
    let mut first: HashMap<&str, &str> = HashMap::new();
    for name in named.keys() {
        let best = first.entry(classes[name].as_str()).or_insert(name);
        if (name.len(), name.as_str()) < (best.len(), *best) {
            *best = name;
        }
    }
    let names: HashMap<String, String> =
        classes.iter().map(|(name, class)| (name.clone(), first[class.as_str()].to_owned())).collect();
    let kept = named.iter().filter(|(name, _)| names[*name] == **name);
    *named = kept.map(|(name, shape)| (name.clone(), renamed(shape, &names))).collect();
    shapes.iter_mut().for_each(|shape| *shape = renamed(shape, &names));
}

fn renamed(shape: &Shape, names: &HashMap<String, String>) -> Shape {
    match shape {
        Shape::Named(name) => Shape::Named(names.get(name).unwrap_or(name).clone()),
        shape => shape.map(&mut |inner, _| renamed(inner, names)),
    }
}

/// Gives a name to what is written out more than once.
pub(crate) fn repeated(
    shapes: &mut [Shape],
    named: &mut BTreeMap<String, Shape>,
    base: &str,
    used: &mut HashSet<String>,
) {
    let mut times: HashMap<String, usize> = HashMap::new();
    let mut names: HashMap<String, String> = HashMap::new();
    let nameable = |shape: &Shape| matches!(shape, Shape::Object(_) | Shape::Union(_)) || is_large(shape);
    for (name, shape) in named.iter().filter(|(_, shape)| nameable(shape)) {
        times.insert(format!("{shape:?}"), 1);
        names.entry(format!("{shape:?}")).or_insert_with(|| name.clone());
    }
    for shape in shapes.iter().chain(named.values()) {
        shape.children().into_iter().for_each(|child| count(child, &mut times));
    }
    let mut sharing = Sharing { times, names, added: BTreeMap::new(), base, used };
    for shape in shapes.iter_mut().chain(named.values_mut()) {
        *shape = sharing.within(shape, None);
    }
    named.extend(sharing.added);
}

fn is_large(shape: &Shape) -> bool {
    match shape {
        Shape::Object(object) => object.fields.len() >= FIELDS,
        Shape::Literal(values) => values.len() >= VALUES,
        Shape::Union(options) => options.iter().filter(|option| matches!(option, Shape::Object(_))).count() > 1,
        _ => false,
    }
}

/// What is inside of something repeated counts once, as it will be written once.
fn count(shape: &Shape, times: &mut HashMap<String, usize>) {
    if is_large(shape) {
        let times = times.entry(format!("{shape:?}")).or_default();
        *times += 1;
        if *times > 1 {
            return;
        }
    }
    shape.children().into_iter().for_each(|child| count(child, times));
}

struct Sharing<'a> {
    times: HashMap<String, usize>,
    names: HashMap<String, String>,
    added: BTreeMap<String, Shape>,
    base: &'a str,
    used: &'a mut HashSet<String>,
}

impl Sharing<'_> {
    fn within(&mut self, shape: &Shape, field: Option<&str>) -> Shape {
        shape.map(&mut |inner, of| self.shape(inner, of.map(|field| field.name.as_str()).or(field)))
    }

    fn shape(&mut self, shape: &Shape, field: Option<&str>) -> Shape {
        if !matches!(shape, Shape::Object(_) | Shape::Union(_)) && !is_large(shape) {
            return self.within(shape, field);
        }
        let key = format!("{shape:?}");
        if let Some(name) = self.names.get(&key) {
            return Shape::Named(name.clone());
        }
        if !is_large(shape) || self.times.get(&key).is_none_or(|times| *times < 2) {
            return self.within(shape, field);
        }
        let name = fresh(&format!("{}{}", self.base, pascal(field.unwrap_or("Item"))), self.used);
        self.names.insert(key, name.clone());
        let whole = self.within(shape, field);
        self.added.insert(name.clone(), whole);
        Shape::Named(name)
    }
}
