//! The little statistics that rules need.

/// The value that `share` of the values do not exceed, by nearest rank; 0 of nothing.
pub fn percentile(mut values: Vec<f64>, share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let rank = (share * values.len() as f64).ceil() as usize;
    values.get(rank.saturating_sub(1)).copied().unwrap_or(0.0)
}

/// The mean; 0 of nothing.
pub fn mean(values: &[f64]) -> f64 {
    if values.is_empty() { 0.0 } else { values.iter().sum::<f64>() / values.len() as f64 }
}

/// A straight line through points.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Line {
    /// Its rise for each step.
    pub slope: f64,
    /// Where it begins.
    pub intercept: f64,
    /// The standard error of the slope.
    pub error: f64,
    /// Which part of the variance it explains, 0 to 1.
    pub explains: f64,
}

impl Line {
    /// By least squares; none for fewer than three points, or points that are all at one place.
    pub fn through(points: &[(f64, f64)]) -> Option<Self> {
        let count = points.len() as f64;
        let (mean_x, mean_y) =
            (points.iter().map(|p| p.0).sum::<f64>() / count, points.iter().map(|p| p.1).sum::<f64>() / count);
        let sum = |of: &dyn Fn(f64, f64) -> f64| points.iter().map(|p| of(p.0 - mean_x, p.1 - mean_y)).sum::<f64>();
        let (xx, xy, yy) = (sum(&|x, _| x * x), sum(&|x, y| x * y), sum(&|_, y| y * y));
        if points.len() < 3 || xx == 0.0 {
            return None;
        }
        let slope = xy / xx;
        let rest = (yy - slope * xy).max(0.0);
        let explains = if yy == 0.0 { 0.0 } else { 1.0 - rest / yy };
        let error = (rest / (count - 2.0) / xx).sqrt();
        Some(Self { slope, intercept: mean_y - slope * mean_x, error, explains })
    }

    /// Its height there.
    pub fn at(&self, x: f64) -> f64 {
        self.intercept + self.slope * x
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_by_nearest_rank() {
        let values: Vec<f64> = (1..=100).map(f64::from).collect();
        assert_eq!(percentile(values.clone(), 0.95), 95.0);
        assert_eq!((percentile(values, 0.0), percentile(vec![3.0], 0.95), percentile(vec![], 0.5)), (1.0, 3.0, 0.0));
    }

    #[test]
    fn a_line_is_as_scipy_has_it() {
        // scipy.stats.linregress([0,1,2,3,4], [1,3,2,5,4]): slope 0.8, intercept 1.4, r 0.8, stderr 0.34641016.
        let line = Line::through(&[(0.0, 1.0), (1.0, 3.0), (2.0, 2.0), (3.0, 5.0), (4.0, 4.0)]).unwrap();
        let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-7, "{a} {b}");
        near(line.slope, 0.8);
        near(line.intercept, 1.4);
        near(line.explains, 0.64);
        near(line.error, 0.346_410_16);
        near(line.at(10.0), 9.4);
        assert_eq!(Line::through(&[(0.0, 1.0), (1.0, 3.0)]), None);
        assert_eq!(Line::through(&[(1.0, 1.0); 3]), None);
    }
}
