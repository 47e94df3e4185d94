"""Composers whom any library knows: under which name, when they lived, and how else they are written.

One entry each: name, years, other spellings; a line that is indented goes on with the one before. A star marks
those whom a bare surname means beyond doubt. Families are listed as far as their members are heard, so that none is
taken for another. Whoever is not listed is not unknown: the archive's own table of spellings says the rest.
"""

from __future__ import annotations

KNOWN = """
Isaac Albéniz* | 1860-1909
Tomaso Albinoni* | 1671-1751 | Tomaso Giovanni Albinoni; Tommaso Albinoni
Charles-Valentin Alkan* | 1813-1888 | Valentin Alkan
Elfrida Andrée | 1841-1929
Anton Arensky* | 1861-1906 | Антон Степанович Аренский; Антон Аренский; Anton Stepanovich Arensky
Carl Philipp Emanuel Bach | 1714-1788 | Karl Philipp Emanuel Bach; Carl Phillip Emanuel Bach; Philipp Emanuel Bach
Johann Ambrosius Bach | 1645-1695
Johann Bernhard Bach | 1676-1749
Johann Christian Bach | 1735-1782
Johann Christoph Bach | 1642-1703
Johann Christoph Friedrich Bach | 1732-1795
Johann Ernst Bach | 1722-1777
Johann Ludwig Bach | 1677-1731
Johann Michael Bach | 1648-1694
Johann Nicolaus Bach | 1669-1753
Johann Sebastian Bach | 1685-1750 | Иоганн Себастьян Бах
Maria Barbara Bach | 1684-1720
Wilhelm Friedemann Bach | 1710-1784
Wilhelm Friedrich Ernst Bach | 1759-1845
Mily Balakirev* | 1837-1910 | Милий Алексеевич Балакирев; Милий Балакирев
Granville Bantock | 1868-1946
Samuel Barber | 1910-1981
Béla Bartók* | 1881-1945
Amy Beach | 1867-1944 | Mrs. H. H. A. Beach; Amy Marcy Beach; Amy Marcy Cheney Beach
Ludwig van Beethoven* | 1770-1827 | Людвиг ван Бетховен
Vincenzo Bellini | 1801-1835
Franz Benda | 1709-1786 | František Benda
Georg Benda | 1722-1795 | Jiří Antonín Benda; Georg Anton Benda
Alban Berg | 1885-1935
Luciano Berio | 1925-2003
Hector Berlioz* | 1803-1869 | Louis-Hector Berlioz
Leonard Bernstein | 1918-1990
Heinrich Ignaz Franz von Biber* | 1644-1704 | Heinrich Biber; Heinrich Ignaz Biber
Georges Bizet* | 1838-1875
Ernest Bloch | 1880-1959
John Blow | 1649-1708
Luigi Boccherini* | 1743-1805
Alexander Borodin* | 1833-1887 | Александр Порфирьевич Бородин; Александр Бородин; Alexander Porfiryevich Borodin
Lili Boulanger | 1893-1918 | Marie-Juliette Olga Lili Boulanger
Nadia Boulanger | 1887-1979
Johannes Brahms* | 1833-1897
Frank Bridge | 1879-1941
Benjamin Britten* | 1913-1976 | Edward Benjamin Britten
Max Bruch* | 1838-1920
Anton Bruckner* | 1824-1896 | Josef Anton Bruckner
Ferruccio Busoni* | 1866-1924
Dieterich Buxtehude* | 1637-1707 | Dietrich Buxtehude
William Byrd | 1543-1623
Francesca Caccini | 1587-1641
Giulio Caccini | 1551-1618
Teresa Carreño | 1853-1917
Emmanuel Chabrier* | 1841-1894 | Alexis-Emmanuel Chabrier
Cécile Chaminade* | 1857-1944
Gustave Charpentier | 1860-1956
Marc-Antoine Charpentier | 1643-1704
Ernest Chausson* | 1855-1899
Luigi Cherubini* | 1760-1842
Frédéric Chopin* | 1810-1849 | Fryderyk Chopin; Frederic Francois Chopin; Fryderyk Franciszek Chopin; Фридерик Шопен
Rebecca Clarke | 1886-1979
Muzio Clementi* | 1752-1832
Samuel Coleridge-Taylor* | 1875-1912
Aaron Copland* | 1900-1990
Arcangelo Corelli* | 1653-1713
François Couperin | 1668-1733 | François Couperin le Grand
Louis Couperin | 1626-1661
Armand-Louis Couperin | 1727-1789
Charles Couperin | 1638-1679
César Cui* | 1835-1918 | Цезарь Антонович Кюи; Цезарь Кюи
Carl Czerny* | 1791-1857
Claude Debussy* | 1862-1918 | Claude Achille Debussy; Achille-Claude Debussy; Клод Дебюсси
Léo Delibes* | 1836-1891
Frederick Delius* | 1862-1934
Carl Ditters von Dittersdorf* | 1739-1799 | Karl Ditters von Dittersdorf
Ernst von Dohnányi | 1877-1960 | Ernő Dohnányi
Gaetano Donizetti | 1797-1848
Giuseppe Donizetti | 1788-1856
John Dowland | 1563-1626
Robert Dowland | 1591-1641
Paul Dukas* | 1865-1935
Henri Duparc | 1848-1933
Jan Ladislav Dussek | 1760-1812 | Jan Ladislav Dusík
Josepha Barbara Dussek | 1868-1894
Antonín Dvořák* | 1841-1904 | Anton Dvořák; Antonín Leopold Dvořák; Антонин Дворжак
Edward Elgar* | 1857-1934 | Sir Edward Elgar; Edward William Elgar
George Enescu* | 1881-1955 | Georges Enesco; Georges Enescu
Manuel de Falla* | 1876-1946
Louise Farrenc* | 1804-1875 | Jeanne-Louise Farrenc
Gabriel Fauré* | 1845-1924 | Gabriel Urbain Fauré
John Field | 1782-1837
Gerald Finzi* | 1901-1956
César Franck | 1822-1890 | César-Auguste Franck
Melchior Franck | 1579-1639
Girolamo Frescobaldi* | 1583-1643
Andrea Gabrieli | 1533-1585
Giovanni Gabrieli | 1557-1612
Francesco Geminiani* | 1687-1762
Edward German | 1862-1936
George Gershwin | 1898-1937
Orlando Gibbons | 1583-1625
Alexander Glazunov* | 1865-1936 | Александр Константинович Глазунов; Александр Глазунов; Alexander Glazounov;
    Alexander Glasunow
Mikhail Glinka* | 1804-1857 | Михаил Иванович Глинка; Михаил Глинка; Michail Glinka; Mikhail Ivanovich Glinka
Christoph Willibald Gluck* | 1714-1787 | Christoph Gluck; Christoph Willibald von Gluck
Chiquinha Gonzaga | 1847-1935
Charles Gounod* | 1818-1893 | Charles-François Gounod
Théodore Gouvy | 1819-1898 | Louis Théodore Gouvy
Enrique Granados* | 1867-1916
Edvard Grieg* | 1843-1907 | Edvard Hagerup Grieg; Эдвард Григ
Sofia Gubaidulina* | 1931- | София Асгатовна Губайдулина; София Губайдулина
Ivor Gurney | 1890-1937 | Ivor Bertie Gurney
Reynaldo Hahn | 1874-1947
Johan Halvorsen | 1864-1935
George Frideric Handel* | 1685-1759 | Georg Friedrich Händel; Georg Friederich Händel; George Frederick Handel;
    George Frederic Handel; G. F. Haendel; Georg Friedrich Haendel
Joseph Haydn | 1732-1809 | Franz Joseph Haydn; Josef Haydn; Franz Josef Haydn; Йозеф Гайдн
Michael Haydn | 1737-1806 | Johann Michael Haydn
Fanny Hensel | 1805-1847 | Fanny Mendelssohn; Fanny Mendelssohn Hensel; Fanny Mendelssohn-Hensel; Fanny
    Hensel-Mendelssohn; Fanny Mendelssohn Bartholdy; Fanny Cäcilie Hensel
Hildegard von Bingen | 1098-1179 | Hildegard of Bingen
Paul Hindemith* | 1895-1963
Franz Anton Hoffmeister | 1754-1812
Gustav Holst | 1874-1934
Imogen Holst | 1907-1984
Augusta Holmès | 1847-1903 | Augusta Mary Anne Holmès
Arthur Honegger* | 1892-1955
Johann Nepomuk Hummel* | 1778-1837
Engelbert Humperdinck | 1854-1921
Jacques Ibert | 1890-1962
Vincent d'Indy* | 1851-1931
John Ireland | 1879-1962
Charles Ives | 1874-1954 | Charles Edward Ives
Carrie Jacobs-Bond | 1862-1946
Marie Jaëll | 1846-1925
Leoš Janáček* | 1854-1928
Joseph Joachim | 1831-1907
Scott Joplin | 1868-1917
Dmitry Kabalevsky* | 1904-1987 | Дмитрий Борисович Кабалевский; Дмитрий Кабалевский; Dmitri Kabalevsky
Aram Khachaturian | 1903-1978 | Арам Ильич Хачатурян; Арам Хачатурян; Aram Khatchaturian
Karen Khachaturian | 1920-2011
Johanna Kinkel | 1810-1858
Zoltán Kodály* | 1882-1967
Erich Wolfgang Korngold* | 1897-1957
Fritz Kreisler* | 1875-1962
Rodolphe Kreutzer | 1766-1831
Friedrich Kuhlau* | 1786-1832
György Kurtág | 1926-
Édouard Lalo* | 1823-1892
Orlande de Lassus* | 1532-1594 | Orlando di Lasso; Orlando Lasso
Luise Adolpha Le Beau | 1850-1927
Jean-Marie Leclair | 1697-1764
Franz Lehár* | 1870-1948
Guillaume Lekeu* | 1870-1894
Ruggero Leoncavallo* | 1857-1919
György Ligeti* | 1923-2006
Franz Liszt* | 1811-1886 | Ferenc Liszt; Ференц Лист
Witold Lutosławski* | 1913-1994
Jean-Baptiste Lully* | 1632-1687 | Giovanni Battista Lulli
Alexander Mackenzie | 1847-1935 | Sir Alexander Mackenzie; Alexander Campbell Mackenzie
Edward MacDowell | 1860-1908
Alma Mahler | 1879-1964 | Alma Mahler-Werfel
Gustav Mahler | 1860-1911
Alessandro Marcello | 1673-1747
Benedetto Marcello | 1686-1739
Marin Marais | 1656-1728
Bohuslav Martinů* | 1890-1959
Giuseppe Martucci* | 1856-1909
Pietro Mascagni* | 1863-1945
Jules Massenet* | 1842-1912 | Jules Émile Frédéric Massenet
Nikolai Medtner* | 1880-1951 | Николай Карлович Метнер; Николай Метнер; Nikolay Medtner
Felix Mendelssohn | 1809-1847 | Felix Mendelssohn Bartholdy; Felix Mendelssohn-Bartholdy; Jakob Ludwig Felix
    Mendelssohn Bartholdy
Olivier Messiaen* | 1908-1992
Giacomo Meyerbeer* | 1791-1864
Darius Milhaud* | 1892-1974
Ernest John Moeran | 1894-1950
Claudio Monteverdi* | 1567-1643 | Claudio Giovanni Antonio Monteverdi
Ignaz Moscheles* | 1794-1870
Moritz Moszkowski* | 1854-1925 | Maurycy Moszkowski
Leopold Mozart | 1719-1787
Franz Xaver Wolfgang Mozart | 1791-1844 | Franz Xaver Mozart
Maria Anna Mozart | 1751-1829
Wolfgang Amadeus Mozart | 1756-1791 | Wolfgang Amadé Mozart; Wolfgang Amadeo Mozart; Вольфганг Амадей Моцарт
Modest Mussorgsky* | 1839-1881 | Модест Петрович Мусоргский; Модест Мусоргский; Modest Moussorgsky; Modest Petrovich
    Mussorgsky
Laura Netzel | 1839-1927 | Laura Constance Netzel
Carl Nielsen | 1865-1931
Jacques Offenbach* | 1819-1880
Johann Pachelbel | 1653-1706
Wilhelm Hieronymus Pachelbel | 1686-1764
Niccolò Paganini* | 1782-1840 | Nicolò Paganini; Никколо Паганини
Giovanni Pierluigi da Palestrina* | 1525-1594 | Giovanni da Palestrina
Maria Theresia von Paradis | 1759-1824 | Maria Theresia Paradis
Hubert Parry | 1848-1918 | Charles Hubert Hastings Parry; C. H. H. Parry; C. Hubert H. Parry; Sir Hubert Parry
Arvo Pärt* | 1935-
Krzysztof Penderecki* | 1933-2020
Giovanni Battista Pergolesi* | 1710-1736
Astor Piazzolla* | 1921-1992
Francis Poulenc* | 1899-1963
Florence Price | 1887-1953 | Florence Beatrice Price
Sergei Prokofiev* | 1891-1953 | Сергей Сергеевич Прокофьев; Сергей Прокофьев; Serge Prokofieff; Sergey Prokofiev;
    Sergej Prokofjew; Sergei Sergeyevich Prokofiev
Giacomo Puccini | 1858-1924
Henry Purcell | 1659-1695
Daniel Purcell | 1664-1717
Johann Joachim Quantz* | 1697-1773
Sergei Rachmaninoff* | 1873-1943 | Сергей Васильевич Рахманинов; Сергей Рахманинов; Sergei Rachmaninov; Sergey
    Rachmaninov; Sergej Rachmaninow; Serge Rachmaninoff; Sergei Vasilievich Rachmaninoff
Jean-Philippe Rameau* | 1683-1764
Maurice Ravel* | 1875-1937 | Joseph-Maurice Ravel; Морис Равель
Max Reger* | 1873-1916
Louise Reichardt | 1779-1826 | Luise Reichardt
Johann Friedrich Reichardt | 1752-1814
Ottorino Respighi* | 1879-1936
Nikolai Rimsky-Korsakov* | 1844-1908 | Николай Андреевич Римский-Корсаков; Николай Римский-Корсаков; Nikolay
    Rimsky-Korsakov; Nikolai Rimski-Korsakow; Nikolai Andreyevich Rimsky-Korsakov
Joaquín Rodrigo | 1901-1999
Gioachino Rossini* | 1792-1868 | Gioacchino Rossini; Gioacchino Antonio Rossini
Anton Rubinstein | 1829-1894 | Антон Григорьевич Рубинштейн; Антон Рубинштейн
Joseph Bologne Saint-Georges | 1745-1799 | Joseph Bologne, Chevalier de Saint-Georges; Chevalier de Saint-Georges;
    Joseph Boulogne Saint-Georges
Camille Saint-Saëns* | 1835-1921 | Charles-Camille Saint-Saëns
Antonio Salieri* | 1750-1825
Pablo de Sarasate* | 1844-1908 | Pablo Martín Melitón de Sarasate
Erik Satie* | 1866-1925 | Erik Alfred Leslie Satie
Alessandro Scarlatti | 1660-1725
Domenico Scarlatti | 1685-1757
Alfred Schnittke* | 1934-1998 | Альфред Гарриевич Шнитке; Альфред Шнитке
Arnold Schoenberg* | 1874-1951 | Arnold Schönberg
Franz Schubert* | 1797-1828 | Franz Peter Schubert; Франц Шуберт
Clara Schumann | 1819-1896 | Clara Wieck; Clara Wieck-Schumann; Clara Wieck Schumann; Clara Josephine Schumann;
    Clara Schumann-Wieck; Клара Шуман
Robert Schumann | 1810-1856 | Robert Alexander Schumann; Роберт Шуман
Heinrich Schütz* | 1585-1672
Alexander Scriabin* | 1872-1915 | Александр Николаевич Скрябин; Александр Скрябин; Alexander Skrjabin; Aleksandr
    Scriabin; Alexander Skryabin; Alexander Nikolayevich Scriabin
Dmitri Shostakovich* | 1906-1975 | Дмитрий Дмитриевич Шостакович; Дмитрий Шостакович; Dmitry Shostakovich; Dimitri
    Shostakovich; Dmitri Schostakowitsch; Dmitri Dmitriyevich Shostakovich
Jean Sibelius* | 1865-1957
Bedřich Smetana* | 1824-1884 | Friedrich Smetana
Ethel Smyth | 1858-1944 | Dame Ethel Smyth
Louis Spohr* | 1784-1859 | Ludwig Spohr
Carl Stamitz | 1745-1801 | Karl Stamitz
Johann Stamitz | 1717-1757 | Johann Wenzel Anton Stamitz
Charles Villiers Stanford* | 1852-1924 | Sir Charles Villiers Stanford
Eduard Strauss | 1835-1916
Johann Strauss I | 1804-1849 | Johann Strauss Sr.; Johann Strauss senior; Johann Strauss (Vater)
Johann Strauss II | 1825-1899 | Johann Strauss Jr.; Johann Strauss junior; Johann Strauss (Sohn)
Johann Strauss III | 1866-1939
Josef Strauss | 1827-1870 | Joseph Strauss
Oscar Straus | 1870-1954
Richard Strauss | 1864-1949 | Richard Georg Strauss
Igor Stravinsky* | 1882-1971 | Игорь Фёдорович Стравинский; Игорь Стравинский; Igor Strawinsky; Igor Strawinski;
    Igor Fyodorovich Stravinsky
Arthur Sullivan | 1842-1900 | Sir Arthur Sullivan; Arthur Seymour Sullivan
Josef Suk | 1874-1935
Karol Szymanowski* | 1882-1937
Germaine Tailleferre* | 1892-1983
Giuseppe Tartini* | 1692-1770
Pyotr Ilyich Tchaikovsky* | 1840-1893 | Пётр Ильич Чайковский; Петр Чайковский; Peter Ilyich Tchaikovsky; Pyotr
    Tchaikovsky; Peter Tchaikovsky; Pjotr Iljitsch Tschaikowsky; Peter Iljitsch Tschaikowski; Piotr Ilyich
    Tchaikovsky; Piotr Tchaikovsky; Peter Tschaikowsky; Pyotr Il'yich Tchaikovsky
Alice Tegnér | 1864-1943
Georg Philipp Telemann* | 1681-1767
Joaquín Turina* | 1882-1949
Ralph Vaughan Williams* | 1872-1958
Giuseppe Verdi* | 1813-1901 | Giuseppe Fortunino Francesco Verdi
Pauline Viardot | 1821-1910 | Pauline Viardot-García
Henri Vieuxtemps* | 1820-1881
Heitor Villa-Lobos* | 1887-1959
Giovanni Battista Viotti* | 1755-1824
Tomaso Antonio Vitali | 1663-1745
Antonio Vivaldi* | 1678-1741 | Antonio Lucio Vivaldi; Антонио Вивальди
Richard Wagner | 1813-1883 | Wilhelm Richard Wagner
Siegfried Wagner | 1869-1930
William Walton | 1902-1983
Carl Maria von Weber | 1786-1826
Anton Webern* | 1883-1945 | Anton von Webern
Henryk Wieniawski | 1835-1880 | Henri Wieniawski
Józef Wieniawski | 1837-1912
Hugo Wolf | 1860-1903
Ermanno Wolf-Ferrari* | 1876-1948
Eugène Ysaÿe* | 1858-1931
Alexander von Zemlinsky* | 1871-1942 | Alexander Zemlinsky
"""
