# SPDX-License-Identifier: MIT
wwwdir = $(pkgdatadir)/www
dist_www_DATA = www/index.html www/problems.html
wwwassetsdir = $(wwwdir)/assets
dist_wwwassets_DATA = www/assets/icon.svg www/assets/style.css
