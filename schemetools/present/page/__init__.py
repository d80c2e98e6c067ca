"""The report page: one HTML file with everything that is known about schemes, or about a trained network.

`markup` writes elements, `mathml` equations, `plane` pictures, `family` what a slider moves through; `schemes`,
`grids` and `networks` are what a page says of each kind, `document` puts it into one file.
"""
