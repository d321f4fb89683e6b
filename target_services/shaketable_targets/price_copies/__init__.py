"""A list of prices in three copies that answer for themselves. This page names every table and path.

Each copy is a service with a database of its own, named like it: copy-a, copy-b, copy-c.

    POST /prices {product, price}   => 200 {product, price, version}: writes at this copy
    GET /prices/<product>           => 200 {product, price, version, age_ms}: reads at this copy
    GET /rows                       => 200 {rows}: what this copy has, for the others
    POST /rows {rows}               => 200 {rows}: takes what is newer, and answers what is newer here

Tables:

    copy-?.prices    product, price, version: of two versions the greater is newer; its last digit is the number of the copy that made it

Two kinds. One that stays available (`available`) answers out of its own rows, tells the others in the background, and says how long ago it last knew
all that they had. One that stays consistent (`consistent`) reads and writes at a majority of the copies, and refuses (503) where it
reaches none. Both exchange rows with each other, poll by poll, for what was missed.
"""
